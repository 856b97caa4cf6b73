"""One change at a time on a node: a second process is told who holds the lock and since when."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sunbeam.core.command import this_command
from sunbeam.core.errors import SunbeamError


@dataclass(frozen=True)
class Holder:
    """Who has the lock; ``ticks`` is when process ``pid`` began: a later one with its number is another."""

    pid: int
    ticks: str
    command: str
    since: str

    @property
    def alive(self) -> bool:
        return bool(self.ticks) and _ticks(self.pid) == self.ticks


class ChangeLocked(SunbeamError):
    """Another process is changing this node."""


@contextmanager
def change_lock(path: Path) -> Iterator[None]:
    """Hold the node's change lock.  The kernel frees it with its holder, so a dead holder never blocks.

    Raises ChangeLocked with the holder's process, command and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _locked(path) from None
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        us = Holder(os.getpid(), _ticks(os.getpid()), this_command(), since)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(us)).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Who is changing this node now; None if nobody is, or not for us to read."""
    try:
        found = Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.alive else None


def _locked(path: Path) -> ChangeLocked:
    found = holder(path)
    who = (
        f"process {found.pid} ({found.command}) since {found.since}" if found else "one that is just starting"
    )
    return ChangeLocked(
        "Another change is running on this machine",
        where=str(path),
        why=f"the lock is held by {who}",
        next_command="sunbeam changes",
    )


def _ticks(pid: int) -> str:
    """When process ``pid`` began, in clock ticks since boot (proc(5)); empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
