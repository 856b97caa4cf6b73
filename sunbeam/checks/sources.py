"""The package archives that this machine's apt is set up with, as apt itself reads its settings."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from sunbeam.checks.check import CheckContext
from sunbeam.checks.web import proxy_for
from sunbeam.core.proxy import Proxy
from sunbeam.images.mirrors import apt_sources
from sunbeam.substrates.embedded.containers_conf import ContainerFolders

TOOLS = ("podman", "conmon", "nft", "mmdebstrap", "ip")
TARGETS = ("apt-get", "indextargets", "--format", "$(BASE_URI) $(ORIGIN)", "Created-By: Packages")


@dataclass(frozen=True)
class Source:
    """``url`` is the folder of a release, with its final slash.

    ``purpose``: ``packages`` of the distribution, ``images`` (what they are built from) or ``other``.
    ``builds``: images are built from it, perhaps besides.
    """

    url: str
    purpose: str = "packages"
    builds: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def has_name(self) -> bool:
        """Whether its host is told by a name, which must be resolved."""
        try:
            ip_address(self.host)
        except ValueError:
            return bool(self.host)
        return False


@dataclass(frozen=True)
class Apt:
    """``proxy`` as apt is told of it, in its own settings or by the environment."""

    sources: tuple[Source, ...] = ()
    proxy: Proxy = field(default_factory=Proxy)

    @property
    def without_proxy(self) -> list[Source]:
        """What this machine needs and reaches by itself, hence resolves by itself."""
        needed = [source for source in self.sources if source.purpose != "other"]
        return [source for source in needed if not proxy_for(source.url, self.proxy)]


@dataclass(frozen=True)
class Needs:
    """What is still to be fetched before there is a cloud; what is there already needs no archive."""

    packages: bool = True
    images: bool = True

    def of(self, source: Source) -> bool:
        return (self.packages and source.purpose == "packages") or (self.images and source.builds)


def needs(context: CheckContext) -> Needs:
    """Images are there if a bundle was imported or an earlier bootstrap built some."""
    if context.wanted.builds:
        return Needs(packages=False)
    if context.wanted.installed:
        return Needs(False, False)
    tools = all(shutil.which(name) for name in TOOLS) and (context.paths.bin / "etcd").exists()
    known = ContainerFolders(context.paths).storage / "storage/overlay-images/images.json"
    return Needs(packages=not tools, images=not known.exists())


async def apt(context: CheckContext) -> Apt:
    """Looked up once for all checks."""
    return await context.shared("apt", lambda: _apt(context))


async def _apt(context: CheckContext) -> Apt:
    targets = await context.probe.output(*TARGETS)
    settings = await context.probe.output("apt-config", "dump", "Acquire")
    sources = sources_in(targets, context.machine.distribution)
    built_from = [archive.folder for archive in apt_sources(context.root)]
    for url in built_from:
        sources.setdefault(url, "images")
    found = (Source(url, purpose, builds=url in built_from) for url, purpose in sources.items())
    web = tuple(source for source in found if source.url.startswith("http"))
    return Apt(web, proxy_in(settings, context.proxy))


def sources_in(targets: str, distribution: str) -> dict[str, str]:
    """Purpose by URL, from lines ``URL ORIGIN``: what the archive calls itself, whatever its suites are."""
    found = {}
    for line in targets.splitlines():
        url, _, origin = line.partition(" ")
        found[url] = "packages" if origin.lower() == distribution else "other"
    return found


def proxy_in(settings: str, environment: Proxy) -> Proxy:
    """apt's own settings go before the environment; ``DIRECT`` means none."""

    def own(scheme: str) -> str | None:
        found = re.search(rf'^Acquire::{scheme}::Proxy "([^"]*)";', settings, re.MULTILINE | re.IGNORECASE)
        return found[1].replace("DIRECT", "") if found and found[1] else None

    http, https = own("http"), own("https")
    first = replace(environment, http=environment.http if http is None else http)
    return replace(first, https=(environment.https if http is None else http) if https is None else https)
