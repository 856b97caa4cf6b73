"""Naming the disk that is full, when something could not be written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.errors import SunbeamError

FULL = (errno.ENOSPC, errno.EDQUOT)
WORDS = ("no space left on device", "disk is full", "disk quota exceeded")
"""How programs and SQLite say it."""
NEARLY_NOTHING = 4 << 20
"""Bytes; a program that failed has removed what it wrote last."""


@dataclass(frozen=True)
class Disk:
    """A file system by where it is mounted; ``free`` bytes and inodes for others than root."""

    mount: Path
    free: int
    size: int
    inodes: int

    @classmethod
    def of(cls, path: Path) -> Disk:
        """The one that ``path`` is on, or would be."""
        there = next(each for each in (path, *path.parents) if each.exists()).resolve()
        mount = next(each for each in (there, *there.parents) if each.is_mount() or each == each.parent)
        found = os.statvfs(there)
        inodes = found.f_favail if found.f_files else 1 << 30
        return cls(mount, found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, inodes)

    @property
    def full(self) -> bool:
        return self.free < NEARLY_NOTHING or self.inodes == 0

    @property
    def command(self) -> str:
        return f"df {'-i' if self.inodes == 0 else '-h'} {self.mount}"

    def __str__(self) -> str:
        if self.inodes == 0:
            return f"{self.mount} (no inode is free)"
        return f"{self.mount} ({self.free / 2**20:.1f} MiB of {self.size / 2**30:.1f} GiB are free)"


def says_full(failure: BaseException) -> bool:
    """Whether it failed for want of space, by its number or by its words."""
    if isinstance(failure, OSError) and failure.errno in FULL:
        return True
    text = str(failure).lower()
    return any(words in text for words in WORDS)


def disk_full(doing: str, failure: BaseException, written: Iterable[Path]) -> SunbeamError:
    """The error that names the disk; ``written`` are the folders that may have been written to.

    One that already tells more than that keeps what it says.
    """
    named = getattr(failure, "filename", None)
    paths = [Path(named), *written] if isinstance(named, str) else [*written]
    disks = list(dict.fromkeys(Disk.of(path) for path in paths))
    suspects = [disk for disk in disks if disk.full] or disks[:1]
    where, command = ", ".join(map(str, suspects)), suspects[0].command
    if not isinstance(failure, SunbeamError):
        return SunbeamError(
            f"{doing}: the disk is full", where=where, why=str(failure), next_command=command, id="disk-full"
        )
    if not failure.next_command.startswith("df "):
        failure.why = f"{failure.why}\nthe disk is full: {where}".strip()
        failure.next_command = command
    return failure
