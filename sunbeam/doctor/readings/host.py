"""What the machine itself tells: disks, memory, kernel, clock, programs."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sunbeam.core.detection.time_state import TimeState, time_state
from sunbeam.core.file_text import text
from sunbeam.doctor.look import Look
from sunbeam.substrates.embedded.kvm import Kvm, try_kvm

MIB = 1 << 20
PROGRAMS = {"podman": "podman", "conmon": "conmon", "ip": "iproute2", "nsenter": "util-linux"}


@dataclass(frozen=True)
class Disk:
    """A file system of ours; sizes in bytes, ``inodes`` is 0 where there is no limit."""

    path: Path
    mount: str
    size: int
    free: int
    inodes: int
    inodes_free: int
    read_only: bool


async def disks(look: Look) -> tuple[Disk, ...]:
    """Those that hold our folders, each once, under the first folder of ours that is on it."""
    found: dict[int, Disk] = {}
    paths = look.paths
    mounted = [each for each in sorted(paths.state.glob("*")) if each.is_mount()]
    for folder in (paths.state, *mounted, paths.etc, paths.run, paths.root / "tmp"):
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        device = existing.stat().st_dev
        if device not in found:
            state = os.statvfs(existing)
            found[device] = Disk(
                existing,
                _mount_of(existing),
                state.f_blocks * state.f_frsize,
                state.f_bavail * state.f_frsize,
                state.f_files,
                state.f_favail,
                bool(state.f_flag & os.ST_RDONLY),
            )
    return tuple(found.values())


def _mount_of(path: Path) -> str:
    resolved = path.resolve()
    return next(str(each) for each in (resolved, *resolved.parents) if each.is_mount() or each == Path("/"))


@dataclass(frozen=True)
class Memory:
    """Bytes; ``stalled`` is the share (percent) of the last 10 s in which every program waited for memory."""

    total: int
    available: int
    swap: int
    swap_free: int
    stalled: float


async def memory(look: Look) -> Memory:
    proc = look.paths.root / "proc"
    figures = {
        name: int(kilobytes) * 1024
        for name, kilobytes in re.findall(r"^(\w+):\s+(\d+) kB", (proc / "meminfo").read_text(), re.MULTILINE)
    }
    pressure = re.search(r"^full avg10=([\d.]+)", text(proc / "pressure/memory"), re.MULTILINE)
    return Memory(
        figures["MemTotal"],
        figures["MemAvailable"],
        figures["SwapTotal"],
        figures["SwapFree"],
        float(pressure[1]) if pressure else 0.0,
    )


@dataclass(frozen=True)
class KernelLine:
    time: datetime
    text: str


async def kernel_log(look: Look) -> tuple[KernelLine, ...]:
    """The kernel's messages since boot, as far as it keeps them."""
    uptime = float((look.paths.root / "proc/uptime").read_text().split()[0])
    booted = look.clock.now().astimezone(UTC) - timedelta(seconds=uptime)
    lines = re.findall(r"^\[\s*(\d+\.\d+)\] (.*)$", await look.output("dmesg"), re.MULTILINE)
    return tuple(KernelLine(booted + timedelta(seconds=float(since)), said) for since, said in lines)


async def time_kept(look: Look) -> TimeState:
    """Who keeps the clock right."""
    return time_state(look.paths.root)


async def kvm(look: Look) -> Kvm:
    """Runs a guest of two instructions."""
    return await try_kvm(look.processes, look.paths.root)


async def programs(look: Look) -> dict[str, bool]:
    """Whether each program that containers need is on the path, and one of runc and crun."""
    found = {name: shutil.which(name) is not None for name in PROGRAMS}
    return {**found, "runc or crun": bool(shutil.which("runc") or shutil.which("crun"))}


async def remembered_time(look: Look) -> tuple[datetime, str]:
    """The newest moment that something of ours is known to have happened, and what it was."""
    from cryptography import x509

    paths = look.paths
    candidates: list[tuple[datetime, str]] = []
    for file in (paths.certificates / "ca.crt", *paths.certificates.glob("*.crt")):
        if file.exists():
            begins = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_before_utc
            candidates.append((begins, f"{file} is valid from {begins:%Y-%m-%d %H:%M:%S} UTC on"))
    for file in (paths.journal, paths.engine / "engine.db", *paths.change_logs.glob("*.ndjson")):
        if file.exists():
            written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            candidates.append((written, f"{file} was written at {written:%Y-%m-%d %H:%M:%S} UTC"))
    return max(candidates, default=(datetime.min.replace(tzinfo=UTC), "nothing"))


async def boot_time(look: Look) -> datetime:
    uptime = float((look.paths.root / "proc/uptime").read_text().split()[0])
    return look.clock.now().astimezone(UTC) - timedelta(seconds=uptime)
