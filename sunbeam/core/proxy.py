"""The proxy through which this node reaches the world, and how each kind of program is told of it.

It is kept resolved, with its password if it has one, in a file that only root reads.  Programs get it in
their environment, never in their arguments.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.redaction import REPLACEMENT

LOCAL = ("localhost", "127.0.0.0/8", "::1", ".svc.cluster.local")
"""What no proxy can reach: this machine, and names of pods."""
_LABEL = r"\w(?:[\w-]*\w)?"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?)"
_PORT = r"0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
PROXY_URL = re.compile(rf"https?://(?:[^/@\s]+@)?{_HOST}(?::{_PORT})?/?")
"""A host by name or address, and a port from 1 to 65535."""
VARIABLES = ("http_proxy", "https_proxy")
PASSWORD = re.compile(r"(://[^/@:\s]*:)[^/]+(?=@)")


@dataclass(frozen=True)
class Proxy:
    """URLs by scheme, and names, domains and ranges that are reached without it, separated by commas.

    ``said`` is how a manifest says it: its references are not resolved.
    """

    http: str = ""
    https: str = ""
    no_proxy: str = ""
    said: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.http or self.https)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] | None = None) -> Proxy:
        """What is no URL of a proxy does not count."""
        variables = os.environ if environ is None else environ
        http, https = (proxy_url(variable_of(variables, name)[1]) for name in VARIABLES)
        return cls(http, https, variable_of(variables, "no_proxy")[1])

    @classmethod
    def kept(cls, paths: Paths) -> Proxy | None:
        """This node's; None if it has none, or we may not read it.  Raises SunbeamError if it is damaged."""
        file = proxy_file(paths)
        try:
            return cls(**json.loads(file.read_text()))
        except (FileNotFoundError, PermissionError):
            return None
        except (ValueError, TypeError) as error:
            raise SunbeamError(
                "The proxy of this node cannot be read",
                where=str(file),
                why=str(error),
                next_command="sunbeam proxy clear",
                id="proxy-damaged",
            ) from error

    @classmethod
    def of_manifest(cls, said: Mapping[str, str], paths: Paths, remember: Callable[[str], None]) -> Proxy:
        """What a manifest says, resolved; where that cannot be done here, what was kept of the same words.

        Raises SunbeamError.
        """
        from sunbeam.core.manifest.references import resolve

        words = dict(said)
        try:
            proxy = cls(**resolve(words, remember), said=words)
        except SunbeamError:
            kept = cls.kept(paths)
            if kept is None or kept.said != words:
                raise
            proxy = kept
        for key in ("http", "https"):
            if (url := getattr(proxy, key)) and not PROXY_URL.fullmatch(url):
                raise _no_url(key, words.get(key, ""))
        return proxy

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    def bypassing(self, own: Iterable[str]) -> Proxy:
        """With ``own`` names, addresses and ranges in ``no_proxy``."""
        said = [word.strip() for word in self.no_proxy.split(",")]
        return replace(self, no_proxy=",".join(dict.fromkeys(word for word in (*said, *own) if word)))

    @property
    def environment(self) -> dict[str, str]:
        """For programs; an empty variable takes away one that they would inherit."""
        small = {"http_proxy": self.http, "https_proxy": self.https, "no_proxy": self.no_proxy}
        return {**small, **{name.upper(): value for name, value in small.items()}}

    @property
    def model_config(self) -> dict[str, str]:
        """Juju's keys; charms see them as JUJU_CHARM_HTTP_PROXY and so on."""
        return {
            "juju-http-proxy": self.http,
            "juju-https-proxy": self.https,
            "juju-no-proxy": self.no_proxy,
        }

    @property
    def secrets(self) -> list[str]:
        """Passwords, as they are in the URLs and as they are meant."""
        raw = [password for url in (self.http, self.https) if (password := _password(url))]
        return list(dict.fromkeys([*raw, *map(unquote, raw)]))

    def shown(self) -> Proxy:
        """For people: without passwords."""
        return replace(self, http=without_passwords(self.http), https=without_passwords(self.https))


def proxy_file(paths: Paths) -> Path:
    return paths.state / "secrets" / "proxy.json"


def variable_of(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """A variable and its value as programs read it: the small name before the large one."""
    found = {each: environ.get(each, "").strip() for each in (name, name.upper())}
    return next(((each, value) for each, value in found.items() if value), (name, ""))


def proxy_url(text: str) -> str:
    """The URL of a proxy as programs such as curl take it, without a scheme too; empty: it is none."""
    url = text if "://" in text else f"http://{text}"
    return url if PROXY_URL.fullmatch(url) else ""


def program_environment(paths: Paths) -> dict[str, str]:
    """What this node's proxy adds to the environment of programs; without one they have ours."""
    proxy = Proxy.kept(paths)
    return proxy.environment if proxy else {}


def reach_directly(host: str) -> None:
    """Let libraries in this process, which ask the environment for a proxy, reach ``host`` without one."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if host not in known.split(","):
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = f"{known},{host}".lstrip(",")


def without_passwords(text: str) -> str:
    """``http://user:********@host``; of what is no such URL, only what follows the last ``@`` is shown."""
    if PROXY_URL.fullmatch(text):
        return PASSWORD.sub(rf"\1{REPLACEMENT}", text)
    _, at, host = text.rpartition("@")
    return f"{REPLACEMENT}@{host}" if at else text


def _no_url(key: str, said: str) -> SunbeamError:
    """It does not repeat what the words stand for, which may hold a password."""
    return SunbeamError(
        "The proxy of the manifest is no URL",
        where=f"proxy.{key}: {without_passwords(said)}",
        why="it does not stand for a URL such as http://proxy.example.org:3128"
        " (in a password, / and @ are written %2F and %40)",
        next_command=f"sunbeam proxy set --{key} URL",
        id="proxy-no-url",
    )


def _password(url: str) -> str:
    """Also of what is no URL but works as a proxy with many programs: ``user:password@host``."""
    return url.rpartition("@")[0].rpartition("://")[2].partition(":")[2]
