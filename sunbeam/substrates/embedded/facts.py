"""What this machine is and has, from files and from programs.  Nothing is changed to find out."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sunbeam.core.cores import cores
from sunbeam.core.file_text import text
from sunbeam.core.paths import Paths
from sunbeam.substrates.embedded.probes import Probe

Cgroups = Literal["v1", "v2", "hybrid", "none"]
PROGRAMS = {
    "podman": ("podman", "--version"),
    "runc": ("runc", "--version"),
    "crun": ("crun", "--version"),
    "conmon": ("conmon", "--version"),
    "netavark": ("/usr/lib/podman/netavark", "--version"),
    "ip": ("ip", "-Version"),
    "nft": ("nft", "--version"),
    "iptables": ("iptables", "--version"),
    "mmdebstrap": ("mmdebstrap", "--version"),
}


@dataclass(frozen=True)
class System:
    """What the kernel tells this process without files: the seam that tests replace."""

    uid: int
    cores: int

    @classmethod
    def read(cls) -> System:
        return cls(uid=os.geteuid(), cores=cores())


@dataclass(frozen=True)
class Facts:
    """What files tell; memory is in bytes, ``resolvers`` are addresses."""

    system: System
    distribution: str = ""
    version: str = ""
    distribution_name: str = ""
    codename: str = ""
    systemd: bool = False
    cgroups: Cgroups = "none"
    cgroups_writable: bool = False
    tun: bool = False
    memory: int = 0
    memory_available: int = 0
    resolvers: tuple[str, ...] = ()


def read(system: System, root: Path = Path("/")) -> Facts:
    """What files below ``root`` say, without running any program."""
    release = _os_release(text(root / "etc/os-release"))
    mounts = text(root / "proc/mounts")
    meminfo = text(root / "proc/meminfo")
    return Facts(
        system=system,
        distribution=release.get("ID", ""),
        version=release.get("VERSION_ID", ""),
        distribution_name=release.get("PRETTY_NAME", ""),
        codename=release.get("VERSION_CODENAME", ""),
        systemd=text(root / "proc/1/comm").strip() == "systemd",
        cgroups=_cgroups(mounts),
        cgroups_writable=_cgroups_writable(mounts),
        tun=(root / "dev/net/tun").exists(),
        memory=_meminfo(meminfo, "MemTotal"),
        memory_available=_meminfo(meminfo, "MemAvailable"),
        resolvers=tuple(
            re.findall(r"^nameserver\s+(\S+)", text(root / "etc/resolv.conf"), flags=re.MULTILINE)
        ),
    )


async def program_answers(probe: Probe) -> dict[str, str]:
    """What each program says of its version; empty: it is not there; ``!`` and why it does not run."""
    answers = await asyncio.gather(*(probe.answer(*words) for words in PROGRAMS.values()))
    return dict(zip(PROGRAMS, answers, strict=True))


async def leftovers(probe: Probe, root: Path) -> tuple[str, ...]:
    """What an earlier installation of ours below ``root`` left, in words.

    The kernel's own things are that of the root that shows them: another one has folders only.
    """
    found = []
    interfaces = root / "sys/class/net"
    if interfaces.is_dir():
        names = ("sunbeam0", "sunbeam-ext")
        found += [f"interface {name}" for name in names if (interfaces / name).exists()]
        if "table ip sunbeam" in (await probe.output("nft", "list", "tables")).splitlines():
            found.append("nftables table sunbeam")
    state = Paths(root).state
    if (state / "runtime").is_dir():
        found.append(f"folder {state}")
    return tuple(found)


def _os_release(text: str) -> dict[str, str]:
    return {name: value.strip("\"'") for name, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE)}


def _meminfo(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, flags=re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def _cgroups(mounts: str) -> Cgroups:
    kinds = [(line.split()[1], line.split()[2]) for line in mounts.splitlines()]
    if ("/sys/fs/cgroup", "cgroup2") in kinds:
        return "v2"
    if any(kind == "cgroup" for _, kind in kinds):
        return "hybrid" if any(kind == "cgroup2" for _, kind in kinds) else "v1"
    return "none"


def _cgroups_writable(mounts: str) -> bool:
    options = [line.split()[3] for line in mounts.splitlines() if line.split()[2] in ("cgroup", "cgroup2")]
    return bool(options) and all("rw" in each.split(",") for each in options)
