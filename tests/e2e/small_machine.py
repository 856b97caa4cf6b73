"""The least machine: one processor core, 8 GiB of memory, a disk of 200 operations a second.

Control groups of version 1 (kernel documentation, admin-guide/cgroup-v1) make it so.  Their disk throttle is
of one group alone: it is set again in every group that appears below, so each container has such a disk.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
GIB = 2**30
MEMORY = 8 * GIB
OPERATIONS = 200
OFTEN = 0.5
"""Seconds."""


def limits(disk: Path) -> Mapping[str, str]:
    """Files of control groups and what is written to them, for the disk that has ``disk``."""
    number = disk.stat().st_dev
    device = f"{os.major(number)}:{os.minor(number)} {OPERATIONS}"
    return {
        "cpuset.cpus": str(min(os.sched_getaffinity(0))),
        "memory.limit_in_bytes": str(MEMORY),
        "blkio.throttle.read_iops_device": device,
        "blkio.throttle.write_iops_device": device,
    }


def possible() -> bool:
    controllers = ("cpuset/cpuset.cpus", "memory/memory.limit_in_bytes", "blkio/blkio.throttle.io_serviced")
    return all((CGROUPS / file).exists() for file in controllers)


@contextmanager
def slow_disk(group: Path, wanted: Mapping[str, str]) -> Iterator[None]:
    """As long as this lasts, the disk limits of ``wanted`` hold in all blkio groups below ``group``."""
    over = threading.Event()
    files = {name: text for name, text in wanted.items() if name.startswith("blkio.")}

    def spread() -> None:
        known: set[str] = set()
        while not over.wait(OFTEN):
            below = {folder for folder, _, _ in os.walk(group)}
            for folder in below - known:
                with suppress(OSError):  # it is gone again
                    for name, text in files.items():
                        Path(folder, name).write_text(text)
            known = below

    thread = threading.Thread(target=spread, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
