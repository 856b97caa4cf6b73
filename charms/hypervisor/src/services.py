"""Long-running programs of this machine, kept by Pebble or by systemd, whichever is process 1.

A wanted ``Service`` carries the digest of its configuration; a service is restarted when, and only when, its
definition or that digest differs from what was last started.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import ops
from process import Run, succeeds

PEBBLE_SOCKET = Path("run/pebble.socket")
LAYER = "hypervisor"
DIGEST = "CONFIG_DIGEST"


@dataclass(frozen=True)
class Service:
    """A program to keep running.

    ``name`` is also the name of its unit in Debian.  With ``stock`` systemd runs that unit as the package
    ships it; Pebble always runs ``command``.  ``digest`` stands for all it reads at its start.
    """

    name: str
    command: tuple[str, ...]
    user: str = "root"
    after: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    stock: bool = False
    digest: str = ""


class Services(Protocol):
    """What runs services.  All methods are idempotent."""

    def apply(self, wanted: Iterable[Service]) -> None:
        """Have ``wanted`` running as defined; leave other services alone.  Raises if one does not start."""

    def stop(self, names: Iterable[str]) -> None:
        """Have none of ``names`` running."""

    def down(self, names: Iterable[str]) -> list[str]:
        """Which of ``names`` do not run."""


def process_one(run: Run, root: Path = Path("/")) -> Services:
    """Pebble when this is a machine container that it runs, else systemd."""
    socket = root / PEBBLE_SOCKET
    return PebbleServices(ops.pebble.Client(str(socket))) if socket.exists() else SystemdServices(run, root)


class PebbleServices:
    """Services of the Pebble that is this machine's process 1."""

    def __init__(self, client: ops.pebble.Client) -> None:
        self._client = client

    def apply(self, wanted: Iterable[Service]) -> None:
        services = {service.name: _pebble_service(service) for service in wanted}
        self._client.add_layer(LAYER, ops.pebble.Layer({"services": services}), combine=True)
        self._client.replan_services(timeout=600)

    def stop(self, names: Iterable[str]) -> None:
        known = [info.name for info in self._client.get_services() if info.name in set(names)]
        if not known:
            return
        disabled: Any = {name: {"override": "merge", "startup": "disabled"} for name in known}
        self._client.add_layer(LAYER, ops.pebble.Layer({"services": disabled}), combine=True)
        self._client.stop_services(known, timeout=600)

    def down(self, names: Iterable[str]) -> list[str]:
        up = {info.name for info in self._client.get_services() if info.is_running()}
        return [name for name in names if name not in up]


def _pebble_service(service: Service) -> Any:
    return {
        "override": "replace",
        "startup": "enabled",
        "command": shlex.join(service.command),
        "user": service.user,
        "group": service.user,
        "after": list(service.after),
        "environment": {**service.environment, DIGEST: service.digest},
        "backoff-limit": "10s",
    }


class SystemdServices:
    """Units of systemd.

    The digest last started is noted in ``var/lib/hypervisor-charm``, after the start: a hook that dies in
    between restarts the service again rather than not at all.
    """

    def __init__(self, run: Run, root: Path) -> None:
        self._run = run
        self._units = root / "etc/systemd/system"
        self._notes = root / "var/lib/hypervisor-charm"

    def apply(self, wanted: Iterable[Service]) -> None:
        self._notes.mkdir(parents=True, exist_ok=True)
        services = list(wanted)
        for service in services:
            if not service.stock:
                (self._units / f"{service.name}.service").write_text(_unit(service))
        self._run(["systemctl", "daemon-reload"])
        for service in services:
            note = self._notes / service.name
            mark = service.digest + ("" if service.stock else _unit(service))
            same = note.exists() and note.read_text() == mark
            self._run(["systemctl", "enable", service.name])
            self._run(["systemctl", "start" if same else "restart", service.name], timeout=600)
            note.write_text(mark)

    def stop(self, names: Iterable[str]) -> None:
        for name in names:
            if (self._notes / name).exists():
                self._run(["systemctl", "disable", "--now", name], timeout=600)
                (self._notes / name).unlink()

    def down(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if not succeeds(self._run, "systemctl", "is-active", "--quiet", name)]


def _unit(service: Service) -> str:
    environment = "".join(f"Environment={key}={value}\n" for key, value in service.environment.items())
    after = " ".join(["network-online.target", *(f"{name}.service" for name in service.after)])
    return (
        f"[Unit]\nDescription={service.name}\nAfter={after}\nWants=network-online.target\n\n"
        f"[Service]\nExecStart={shlex.join(service.command)}\nUser={service.user}\n{environment}"
        "Restart=always\nRestartSec=2\nKillMode=process\nLimitNOFILE=65535\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )
