"""Disk space, inodes, mount options and speed where our folders are."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sunbeam.checks import fsync_probe
from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import GIB, MIB, listed, size
from sunbeam.core.errors import Problem

STATE_SPACE = 20 * GIB
RUN_SPACE = 32 * MIB
SETTINGS_SPACE = MIB
PACKAGES_SPACE = 600 * MIB
INODES = 400_000
"""Images and their build cache unpacked, twice what a finished cloud has."""
FSYNC_MILLISECONDS = 10.0
"""What etcd asks of a disk, 99 of 100 times: https://etcd.io/docs/latest/op-guide/hardware/."""
NO_UPPER_LAYER = ("nfs", "nfs4", "cifs", "fuse", "fuseblk", "vfat", "exfat", "overlay", "9p", "zfs")
"""File systems on which the kernel makes no writable overlay, or not on all of its versions."""


@dataclass(frozen=True)
class Volume:
    """The file system that will hold ``folder``, in bytes; ``inodes`` is 0 where it has no such limit."""

    folder: str
    needs: int
    device: str
    point: str
    kind: str
    options: tuple[str, ...]
    free: int
    inodes: int = 0
    free_inodes: int = 0


async def volumes(context: CheckContext) -> tuple[Volume, ...]:
    paths = context.paths
    needs = {
        paths.state: STATE_SPACE,
        paths.run: RUN_SPACE,
        paths.etc: SETTINGS_SPACE,
        paths.root / "var/cache/apt": PACKAGES_SPACE,
    }
    mounts = _mounts((context.root / "proc/mounts").read_text())
    return tuple(_volume(folder, need, mounts) for folder, need in needs.items())


def _volume(folder: Path, needs: int, mounts: dict[str, tuple[str, tuple[str, ...]]]) -> Volume:
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    real = existing.resolve()
    point = next(str(each) for each in (real, *real.parents) if str(each) in mounts or each.parent == each)
    kind, options = mounts.get(point, ("", ()))
    room = os.statvfs(existing)
    return Volume(
        str(folder), needs, str(existing.stat().st_dev), point, kind, options,
        room.f_bavail * room.f_frsize, room.f_files, room.f_favail,
    )  # fmt: skip


def _mounts(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    lines = (line.split() for line in text.splitlines())
    return {words[1]: (words[2], tuple(words[3].split(","))) for words in lines}


def space(volumes: tuple[Volume, ...], wanted: Wanted) -> Iterator[Problem]:
    """Each file system has room for all folders that it will hold: 20 GiB for /var/lib/sunbeam."""
    if wanted.installed:
        return
    for device in dict.fromkeys(volume.device for volume in volumes):
        on_it = [volume for volume in volumes if volume.device == device]
        needed = sum(volume.needs for volume in on_it)
        if on_it[0].free < needed:
            yield Problem(
                f"{size(on_it[0].free)} of free disk space is too little",
                where=listed([volume.folder for volume in on_it]),
                why=f"images, databases and packages need {size(needed)}",
                evidence=f"{size(on_it[0].free)} free on {on_it[0].point}",
                next_command=f"df -h {on_it[0].point}",
                id="disk-space-too-little",
            )


def inodes(volumes: tuple[Volume, ...], wanted: Wanted) -> Iterator[Problem]:
    """The file system of /var/lib/sunbeam takes 400 000 more files."""
    state = volumes[0]
    if state.inodes and state.free_inodes < INODES and not wanted.installed:
        yield Problem(
            "the file system takes too few more files",
            where=state.folder,
            why=f"unpacked images are many small files; {INODES} inodes are needed",
            evidence=f"{state.free_inodes} of {state.inodes} inodes are free on {state.point}",
            next_command=f"df -i {state.point}",
            id="inodes-too-few",
        )


def mount_options(volumes: tuple[Volume, ...], wanted: Wanted) -> Iterator[Problem]:
    """Programs can be run from /var/lib/sunbeam, devices be made there, and containers be layered on it."""
    state = volumes[0]
    why = {
        "ro": "nothing can be written there",
        "noexec": "programs of containers are run from there",
        "nosuid": "programs in containers could not become root with sudo",
        "nodev": "root file systems of images have device nodes",
    }
    bad = [option for option in why if option in state.options]
    if bad:
        yield Problem(
            f"{state.point} is mounted {','.join(bad)}",
            where=state.folder,
            why="; ".join(why[option] for option in bad),
            evidence=f"{state.point} {state.kind} {','.join(state.options)}",
            next_command=f"mount -o remount,rw,exec,suid,dev {state.point}",
            severity="error" if {"ro", "noexec"} & set(bad) else "warning",
            id="mount-options",
        )
    if state.kind in NO_UPPER_LAYER or state.kind.startswith("fuse."):
        yield Problem(
            f"containers may not work on {state.kind}",
            where=state.folder,
            why="the kernel makes a container's writable layer on local file systems such as ext4 and xfs",
            evidence=f"{state.point} is of type {state.kind}",
            next_command=f"mount an ext4 or xfs file system at {state.folder}",
            severity="warning",
            id="file-system-kind",
        )


@dataclass(frozen=True)
class Speed:
    """Of ``count`` synchronised writes: milliseconds that 99 of 100 stayed below, and the median."""

    folder: str
    count: int
    p99: float
    median: float


async def write_speed(context: CheckContext) -> Speed:
    """A second of small synchronised writes into a file without a name, as etcd's log makes them."""
    state = context.paths.state
    folder = next(each for each in (state, *state.parents) if each.is_dir())
    probe: list[str | Path] = [sys.executable, "-I", fsync_probe.__file__, folder]
    answer = await context.processes.run(probe, timeout=10)
    seen = json.loads(answer.stdout)
    return Speed(str(folder), seen["count"], seen["p99"], seen["median"])


def disk_speed(speed: Speed, wanted: Wanted) -> Iterator[Problem]:
    """99 of 100 small synchronised writes take less than 10 ms, which is what etcd asks for."""
    if speed.p99 > FSYNC_MILLISECONDS:
        yield Problem(
            f"the disk is slow: a synchronised write takes up to {speed.p99:.0f} ms",
            where=speed.folder,
            why=f"the cluster store and databases wait for each; etcd asks for {FSYNC_MILLISECONDS:.0f} ms",
            evidence=f"{speed.count} writes: median {speed.median:.1f} ms, 99 % within {speed.p99:.1f} ms",
            next_command=f"go on and be patient, or mount a faster disk at {speed.folder}",
            severity="warning",
            id="disk-slow",
        )
