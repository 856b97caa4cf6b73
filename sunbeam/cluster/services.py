"""Long-running programs of a node: systemd units where systemd runs, supervised processes elsewhere.

Both restart a program that ended after one second, for as long as it takes.  Under systemd a program also
comes back with the machine; without systemd ``sunbeam cluster start`` brings it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sunbeam.core.paths import Paths

ETCD = "etcd"
DAEMON = "sunbeamd"
LAST_LINES = 100


@dataclass(frozen=True)
class Service:
    """One program: ``argv`` must not hold secrets; ``after`` names services that start before it."""

    name: str
    description: str
    argv: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    stop_seconds: int = 30
    """A program that takes longer to end is killed."""


class Services(Protocol):
    """Every method is idempotent."""

    def installed(self, service: Service) -> bool:
        """Whether what is started under its name is this."""
        ...

    def install(self, service: Service) -> None: ...

    def start(self, name: str) -> None: ...

    def stop(self, name: str) -> None:
        """Returns when the program and what supervises it are gone."""
        ...

    def running(self, name: str) -> bool: ...

    def restarts(self, name: str) -> int:
        """How often the program was started again since ``start``, because it ended by itself."""
        ...

    def last_words(self, name: str) -> str:
        """The last LAST_LINES lines that the program wrote."""
        ...

    def remove(self, name: str) -> None: ...

    def log_command(self, *names: str) -> str:
        """What a person types to read the last lines that these programs wrote."""
        ...


def services_of(paths: Paths) -> Services:
    """The kind that this machine has: systemd if it is process 1 (sd_booted(3)) and ``root`` is its own."""
    from sunbeam.cluster.supervised import SupervisedServices
    from sunbeam.cluster.systemd import SystemdServices

    if paths.root == Path("/") and Path("/run/systemd/system").is_dir():
        return SystemdServices(paths)
    return SupervisedServices(paths)
