"""How core and we reach the state server: everything through the environment, nothing in files of core."""

from __future__ import annotations

import json
import os
import platform
import shlex
import ssl
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from sunbeam.core.errors import SunbeamError
from sunbeam.core.snapshot import replace_file

FILE = "backend.json"


@dataclass(frozen=True)
class StateBackend:
    """``address`` is the URL below which each module's state lives; ``ca_certificate`` is PEM text."""

    address: str
    username: str
    password: str = field(repr=False)
    ca_certificate: str = ""

    @classmethod
    def read(cls, folder: Path) -> StateBackend:
        """What ``write`` left in ``folder`` (``paths.terraform``).  Raises SunbeamError."""
        try:
            return cls(**json.loads((folder / FILE).read_text()))
        except (FileNotFoundError, TypeError, json.JSONDecodeError) as error:
            raise SunbeamError(
                "Sunbeam does not know where the state of the plans is",
                where=str(folder / FILE),
                why="there is no such file" if isinstance(error, FileNotFoundError) else str(error),
                next_command="sunbeam cluster bootstrap",
                id="state-server-unknown",
            ) from error

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(folder / FILE, json.dumps(asdict(self)).encode(), 0o600)

    def url(self, module: str, part: str = "") -> str:
        return f"{self.address.rstrip('/')}/{quote(module)}{part}"

    def environment(self, module: str) -> dict[str, str]:
        """The http backend's variables; the lock's address names who locks, as core does not."""
        lock = f"{self.url(module, '/lock')}?{urlencode(owner())}"
        variables = {
            "TF_HTTP_ADDRESS": self.url(module),
            "TF_HTTP_LOCK_ADDRESS": lock,
            "TF_HTTP_UNLOCK_ADDRESS": self.url(module, "/lock"),
            "TF_HTTP_USERNAME": self.username,
            "TF_HTTP_PASSWORD": self.password,
            "TF_HTTP_RETRY_MAX": "5",
            "TF_HTTP_RETRY_WAIT_MIN": "1",
            "TF_HTTP_RETRY_WAIT_MAX": "10",
        }
        if self.ca_certificate:
            variables["TF_HTTP_CLIENT_CA_CERTIFICATE_PEM"] = self.ca_certificate
        return variables

    def tls(self) -> ssl.SSLContext | bool:
        """For our own requests."""
        if not self.address.startswith("https:"):
            return True
        return ssl.create_default_context(cadata=self.ca_certificate or None)


def owner() -> dict[str, str]:
    """This process, such that a dead one is recognised even when its number is used again."""
    return {
        "host": platform.node(),
        "pid": str(os.getpid()),
        "started": started(os.getpid()),
        "boot": boot_id(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:3]]),
    }


def boot_id() -> str:
    """Changes with every boot of this host."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def started(pid: int) -> str:
    """When a process of this host began, in clock ticks since boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""
