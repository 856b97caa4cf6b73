"""Builds that go on after the process that began them was killed.

Two builds of one image would fight for its cache and for apt's locks in it, so the old one is ended first.
It is ours if it names the cache folder of the image, which is this node's alone, or has it mounted.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 10.0
PAUSE_SECONDS = 0.1
INSIDE = "run/build"
"""Where a build container has the cache folder of its image."""


@dataclass(frozen=True)
class Leftover:
    """A process; ``ticks`` is when it began, which a later one with its number does not share."""

    pid: int
    ticks: str

    @property
    def alive(self) -> bool:
        fields = _stat(self.pid)
        return fields is not None and fields[19] == self.ticks and fields[0] != "Z"


async def end_leftovers(work: Path) -> int:
    """End every process that builds in ``work``, the outer ones first; returns how many there were."""
    found = list(_leftovers(work))
    for stop in (signal.SIGTERM, signal.SIGKILL):
        alive = [each for each in found if each.alive]
        for each in alive:
            with suppress(ProcessLookupError):
                os.kill(each.pid, stop)
        await _gone(alive)
    return len(found)


async def _gone(processes: list[Leftover]) -> None:
    for _ in range(int(GRACE_SECONDS / PAUSE_SECONDS)):
        if not any(each.alive for each in processes):
            return
        await asyncio.sleep(PAUSE_SECONDS)


def _leftovers(work: Path) -> Iterator[Leftover]:
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        pid = int(folder.name)
        fields = _stat(pid)
        if fields is not None and pid != os.getpid() and (_names(folder, work) or _has_mounted(folder, work)):
            yield Leftover(pid, fields[19])


def _names(folder: Path, work: Path) -> bool:
    """``podman build --volume WORK:...`` and ``mmdebstrap ... WORK/...``."""
    try:
        words = (folder / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    own = os.fsencode(work)
    return any(word.startswith((own + b":", own + b"/")) for word in words)


def _has_mounted(folder: Path, work: Path) -> bool:
    try:
        return (folder / "root" / INSIDE).samefile(work)
    except OSError:
        return False


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on (proc(5)), or None if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
