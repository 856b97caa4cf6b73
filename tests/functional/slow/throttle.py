"""Control groups that make this machine as slow as a test wants it, for processes that enter them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PERIOD = 100_000
"""Microseconds."""


@dataclass(frozen=True)
class Throttle:
    """``groups`` are of one hierarchy each (version 1), or one of them has all controllers (version 2)."""

    groups: tuple[Path, ...]

    def enter(self) -> None:
        """For the calling process and what it starts."""
        for group in self.groups:
            (group / "cgroup.procs").write_text(str(os.getpid()))


@contextmanager
def slow_machine(disk: Path, *, core: float, iops: int) -> Iterator[Throttle]:
    """Part of one core, and so many writes a second to the disk of ``disk``.

    Raises OSError where control groups cannot do it; what entered must have ended before.
    """
    device = disk.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    name = f"sbslow{os.getpid()}"
    if (CGROUPS / "cgroup.controllers").exists():
        limits = {
            CGROUPS / name / "cpu.max": f"{int(core * PERIOD)} {PERIOD}",
            CGROUPS / name / "io.max": f"{number} wiops={iops}",
        }
    else:
        limits = {
            CGROUPS / "cpu" / name / "cpu.cfs_quota_us": str(int(core * PERIOD)),
            CGROUPS / "blkio" / name / "blkio.throttle.write_iops_device": f"{number} {iops}",
        }
    groups = tuple(dict.fromkeys(file.parent for file in limits))
    try:
        for group in groups:
            group.mkdir()
        for file, text in limits.items():
            file.write_text(text)
        yield Throttle(groups)
    finally:
        for group in groups:
            if group.exists():
                group.rmdir()
