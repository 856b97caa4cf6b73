"""apt and dpkg: nothing is left half-configured, and nobody else is installing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import listed
from sunbeam.core.errors import Problem
from sunbeam.core.packages import LOCK_HOLDERS

LOCKS = (
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/lock",
    "var/lib/apt/lists/lock",
    "var/cache/apt/archives/lock",
)
CONFIGURE = "configure-packages"
STATES = ("half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending")
LISTING = ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n")


@dataclass(frozen=True)
class PackageState:
    """``unfinished``: packages that dpkg is not done with; ``holder``: who has a lock, in words."""

    unfinished: tuple[str, ...] = ()
    interrupted: bool = False
    holder: str = ""


async def package_state(context: CheckContext) -> PackageState:
    found = unfinished(await context.probe.output(*LISTING))
    holder = await asyncio.to_thread(_holder, context.root)
    return PackageState(found, interrupted(context.root), holder)


def unfinished(listing: str) -> tuple[str, ...]:
    """The packages that dpkg is not done with, from the answer to ``LISTING``."""
    pairs = (line.rpartition(" ") for line in listing.splitlines())
    return tuple(name for name, _, status in pairs if status in STATES)


def interrupted(root: Path) -> bool:
    """Whether dpkg was cut off while it updated its own records."""
    updates = root / "var/lib/dpkg/updates"
    return updates.is_dir() and any(updates.iterdir())


def _holder(root: Path) -> str:
    """The process that has one of apt's locks, by the kernel's list of locks."""
    inodes = {}
    for name in LOCKS:
        try:
            found = (root / name).stat()
        except OSError:
            continue
        inodes[f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"] = name
    pid, name = lock_holder((root / "proc/locks").read_text(), inodes)
    if not pid:
        return ""
    try:
        command = (root / f"proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""  # it has just ended
    return f"{command.strip()} (process {pid}) has /{name}"


def lock_holder(locks: str, inodes: dict[str, str]) -> tuple[int, str]:
    """Process and file of the first lock in /proc/locks on one of ``inodes``; 0 if there is none."""
    for line in locks.splitlines():
        words = [word for word in line.split() if word != "->"]
        if len(words) > 5 and words[5] in inodes:
            return int(words[4]), inodes[words[5]]
    return 0, ""


def packages(state: PackageState, wanted: Wanted) -> Iterator[Problem]:
    """Every installed package is configured, and no other program installs at this moment."""
    if state.holder:
        yield Problem(
            "packages are being installed by somebody else",
            where="apt",
            why="bootstrap waits five minutes for it",
            evidence=state.holder,
            next_command=LOCK_HOLDERS,
            severity="warning",
            id="packages-locked",
        )
    elif state.unfinished or state.interrupted:
        names = listed(state.unfinished[:5]) or "an update of dpkg's own records"
        yield Problem(
            "an installation of packages was cut off",
            where="dpkg",
            why="apt installs nothing before it is finished",
            evidence=f"not configured: {names}",
            next_command="dpkg --configure -a",
            id="packages-half-configured",
            fix=CONFIGURE,
        )
