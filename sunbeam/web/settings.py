"""Where the web view listens: kept, so that sunbeamd serves it again after each start."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path

from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file

PORT = 8443
LARGEST_PORT = 65535


@dataclass(frozen=True)
class WebSettings:
    """``host`` is the address that is listened on, ``port`` a TCP port."""

    host: str
    port: int = PORT

    @property
    def url(self) -> str:
        return f"https://{in_url(self.host)}:{self.port}/"

    def write(self, paths: Paths) -> None:
        replace_file(web_folder(paths) / "settings.json", (json.dumps(asdict(self)) + "\n").encode(), 0o600)

    @classmethod
    def read(cls, paths: Paths) -> WebSettings | None:
        """None if the web view is off.  Raises SunbeamError if the file is damaged."""
        file = paths.etc / "web" / "settings.json"
        try:
            return cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise SunbeamError(
                "The settings of the web view cannot be read",
                where=str(file),
                why=str(error),
                next_command="sunbeam web",
                id="web-settings-damaged",
            ) from error

    @classmethod
    def forget(cls, paths: Paths) -> None:
        (paths.etc / "web" / "settings.json").unlink(missing_ok=True)


def web_folder(paths: Paths) -> Path:
    """The folder of the view's token, certificate and settings, readable by root only; made if missing."""
    paths.etc.mkdir(parents=True, exist_ok=True)
    folder = paths.etc / "web"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def parse_listen(text: str, default_host: str) -> WebSettings:
    """``ADDR``, ``ADDR:PORT``, ``:PORT`` or ``[IPv6]:PORT``.  Raises UsageError."""
    host, port = _split(text.strip())
    try:
        if not (host or port):
            raise ValueError("nothing is named")
        address = str(ip_address(host)) if host else default_host
        number = _number(port) if port else PORT
    except ValueError as error:
        raise UsageError(
            "The web view cannot listen there",
            where=shlex.join(["--listen", text]),
            why=f"{error}; it takes an address of this machine, and a port after a colon",
            next_command=f"sunbeam web --listen {default_host}:{PORT}",
            id="web-cannot-listen",
        ) from None
    return WebSettings(address, number)


def _number(port: str) -> int:
    """Raises ValueError."""
    if not (port.isdecimal() and len(port) <= len(str(LARGEST_PORT)) and 0 < int(port) <= LARGEST_PORT):
        raise ValueError(f"{port} is not a port")
    return int(port)


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    if text.count(":") > 1:
        return text, ""
    host, _, port = text.partition(":")
    return host, port


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
