"""One change at a time on a node: a second process is told who holds the lock and since when."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sunbeam.core.command import this_command
from sunbeam.core.errors import SunbeamError
from sunbeam.core.status import ChangeStatus

LONGEST = 1024
"""Characters of the file; what is shorter is filled up with blanks."""


@dataclass(frozen=True)
class Holder:
    """Who has the lock; ``ticks`` is when process ``pid`` began: a later one with its number is another.

    ``change`` is the number of the change that it makes; 0 while it has none.
    """

    pid: int
    ticks: str
    command: str
    since: str
    change: int = 0

    @property
    def alive(self) -> bool:
        return bool(self.ticks) and _ticks(self.pid) == self.ticks


class ChangeLocked(SunbeamError):
    """Another process is changing this node."""

    id = "change-running"


class Held:
    """The lock while we hold it; ``change`` is the number of the change that we make, 0 before it has one."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._us = Holder(os.getpid(), _ticks(os.getpid()), this_command(), since)
        self.tell(0)

    def tell(self, change: int) -> None:
        """Let everybody know which change we make."""
        self.change = change
        # Padded: whoever reads while we write sees one holder or the other, whole.
        text = json.dumps(asdict(replace(self._us, change=change))).ljust(LONGEST)
        os.pwrite(self._descriptor, text.encode(), 0)


@contextmanager
def change_lock(path: Path) -> Iterator[Held]:
    """Hold the node's change lock.  The kernel frees it with its holder, so a dead holder never blocks.

    Raises ChangeLocked with the holder's process, command and since when.
    """
    descriptor = _take(path)
    try:
        os.ftruncate(descriptor, 0)
        yield Held(descriptor)
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(path: Path) -> int:
    """The file, open and locked; a new one if its last holder has just removed it.  Raises ChangeLocked."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise _locked(path) from None
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Who is changing this node now; None if nobody is, or not for us to read."""
    try:
        found = Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.alive else None


def status_now(status: ChangeStatus, change: int, found: Holder | None) -> ChangeStatus:
    """``status`` as it was recorded of ``change``, while ``found`` has the change lock.

    A change that is being done by nobody was cut off.
    """
    made = found is not None and found.change == change
    return ChangeStatus.INTERRUPTED if status is ChangeStatus.DOING and not made else status


def _locked(path: Path) -> ChangeLocked:
    found = holder(path)
    who = (
        f"process {found.pid} ({found.command}) since {found.since}" if found else "one that is just starting"
    )
    return ChangeLocked(
        "Another change is running on this machine",
        where=str(path),
        why=f"the lock is held by {who}",
        next_command="sunbeam attach",
    )


def _ticks(pid: int) -> str:
    """When process ``pid`` began, in clock ticks since boot (proc(5)); empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
