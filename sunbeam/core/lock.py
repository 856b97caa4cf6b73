"""One change at a time on a node: a second process is told who holds the lock and since when."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sunbeam.core.errors import SunbeamError


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
            raise _locked(path, os.pread(descriptor, 65536, 0)) from None
        holder = {
            "pid": os.getpid(),
            "command": " ".join(["sunbeam", *sys.argv[1:]]),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _locked(path: Path, content: bytes) -> ChangeLocked:
    try:
        holder = json.loads(content)
        who = f"process {holder['pid']} ({holder['command']}) since {holder['since']}"
    except (ValueError, KeyError):
        who = "a process that is just starting"
    return ChangeLocked(
        "Another change is running on this machine",
        where=str(path),
        why=f"the lock is held by {who}",
        next_command="sunbeam changes",
    )
