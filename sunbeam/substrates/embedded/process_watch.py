"""Waits for the end of processes that are not our children, without polling."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether ``pid`` runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def pid_in(file: Path) -> int:
    """0 if the file holds none: it belongs to a start that was cut short."""
    text = file.read_text().strip() if file.exists() else ""
    return int(text) if text.isdecimal() else 0


def is_conmon(pid: int) -> bool:
    """Whether ``pid`` is podman's process beside a container; the number may belong to another by now."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return False
    return name == "conmon" and is_alive(pid)


async def first_end(pids: Sequence[int]) -> int:
    """Wait until one of ``pids`` has ended and return it."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    descriptors: list[int] = []

    def note(pid: int) -> None:
        if not ended.done():
            ended.set_result(pid)

    try:
        for pid in pids:
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                return pid
            descriptors.append(descriptor)
            loop.add_reader(descriptor, note, pid)
        return await ended
    finally:
        for descriptor in descriptors:
            loop.remove_reader(descriptor)
            os.close(descriptor)


async def end(pid: int, seconds: float) -> None:
    """Ask ``pid`` to end (SIGTERM) and make it after ``seconds`` (SIGKILL); returns when it is gone."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, number)
            async with asyncio.timeout(patience):
                await first_end([pid])
            return
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
