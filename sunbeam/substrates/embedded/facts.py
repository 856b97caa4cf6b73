"""What this machine is, has and already uses.  Nothing is changed to find out."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Literal

from sunbeam.core.process import Processes
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.network_facts import Listener, NetworkFacts
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
MODULES = ("openvswitch", "geneve", "tun", "kvm")


@dataclass(frozen=True)
class System:
    """What the kernel tells this process without files: the seam that tests replace."""

    uid: int
    cores: int
    nofile: int
    nproc: int
    disk_free: int

    @classmethod
    def read(cls, state: Path) -> System:
        """``disk_free``: bytes on the file system that will hold ``state``."""
        existing = next(folder for folder in (state, *state.parents) if folder.exists())
        return cls(
            uid=os.geteuid(),
            cores=len(os.sched_getaffinity(0)),
            nofile=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
            nproc=resource.getrlimit(resource.RLIMIT_NPROC)[1],
            disk_free=shutil.disk_usage(existing).free,
        )


@dataclass(frozen=True)
class Facts:
    """Memory and disk are in bytes, versions are texts (empty: the program is not there).

    ``kvm`` is "unknown" until a guest was booted; the node alone proves nothing.  ``forward_policy`` is
    that of iptables' FORWARD chain.  ``leftovers`` names what an earlier installation left.
    """

    system: System
    distribution: str = ""
    version: str = ""
    distribution_name: str = ""
    codename: str = ""
    kernel: str = ""
    systemd: bool = False
    cgroups: Cgroups = "none"
    cgroups_writable: bool = False
    programs: dict[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    kvm: Literal["works", "fails", "absent", "unknown"] = "unknown"
    tun: bool = False
    geneve: bool = False
    nftables_nat: bool = False
    iptables_nat: bool = False
    forward_policy: str = "ACCEPT"
    memory: int = 0
    memory_available: int = 0
    resolvers: tuple[str, ...] = ()
    network: NetworkFacts = field(default_factory=NetworkFacts)
    leftovers: tuple[str, ...] = ()

    @property
    def container_runtime(self) -> str:
        """crun refuses hybrid cgroups; empty: none works."""
        if self.cgroups == "v2" and self.programs.get("crun"):
            return "crun"
        return "runc" if self.programs.get("runc") else ""

    @property
    def uses_nftables(self) -> bool:
        """A table of our own cannot accept what iptables' FORWARD chain drops."""
        return self.nftables_nat and self.forward_policy == "ACCEPT"

    def listener(self, port: int) -> Listener | None:
        return next((each for each in self.network.listeners if each.port == port), None)

    def in_use(self, wanted: IPv4Network, own: tuple[str, ...]) -> str:
        """Which interface or route other than ``own`` interfaces overlaps ``wanted``; empty: none."""
        return network_facts.overlap(self.network, wanted, own)


def read(system: System, root: Path = Path("/")) -> Facts:
    """What files below ``root`` say, without running any program."""
    release = _os_release(_text(root / "etc/os-release"))
    mounts = _text(root / "proc/mounts")
    meminfo = _text(root / "proc/meminfo")
    return Facts(
        system=system,
        distribution=release.get("ID", ""),
        version=release.get("VERSION_ID", ""),
        distribution_name=release.get("PRETTY_NAME", ""),
        codename=release.get("VERSION_CODENAME", ""),
        kernel=_text(root / "proc/sys/kernel/osrelease").strip(),
        systemd=_text(root / "proc/1/comm").strip() == "systemd",
        cgroups=_cgroups(mounts),
        cgroups_writable=_cgroups_writable(mounts),
        modules=tuple(name for name in MODULES if (root / "sys/module" / name).is_dir()),
        tun=(root / "dev/net/tun").exists(),
        memory=_meminfo(meminfo, "MemTotal"),
        memory_available=_meminfo(meminfo, "MemAvailable"),
        resolvers=tuple(
            re.findall(r"^nameserver\s+(\S+)", _text(root / "etc/resolv.conf"), flags=re.MULTILINE)
        ),
    )


async def gather(processes: Processes, system: System, root: Path = Path("/")) -> Facts:
    """Read files below ``root`` and ask programs; one that is missing answers nothing."""
    probe = Probe(processes)
    answers, kvm, geneve, packets, network, found = await asyncio.gather(
        program_answers(probe),
        kvm_state(probe, root),
        probe.makes_link("type geneve id 1 remote 127.0.0.1"),
        asyncio.gather(probe.nftables_nat(), probe.iptables_nat(), probe.forward_policy()),
        network_facts.gather(probe),
        leftovers(probe, root),
    )
    return replace(
        read(system, root),
        programs={name: version_in(answer) for name, answer in answers.items()},
        kvm=kvm,
        geneve=geneve,
        nftables_nat=packets[0],
        iptables_nat=packets[1],
        forward_policy=packets[2],
        network=network,
        leftovers=found,
    )


async def program_answers(probe: Probe) -> dict[str, str]:
    """What each program says of its version; empty: it is not there; ``!`` and why it does not run."""
    answers = await asyncio.gather(*(probe.answer(*words) for words in PROGRAMS.values()))
    return dict(zip(PROGRAMS, answers, strict=True))


async def kvm_state(probe: Probe, root: Path = Path("/")) -> Literal["works", "fails", "absent", "unknown"]:
    return await probe.kvm() if (root / "dev/kvm").exists() else "absent"


async def leftovers(probe: Probe, root: Path) -> tuple[str, ...]:
    """What an earlier installation of ours left, in words."""
    found = [
        f"interface {name}"
        for name in ("sunbeam0", "sunbeam-ext")
        if (root / "sys/class/net" / name).exists()
    ]
    if "table ip sunbeam" in (await probe.output("nft", "list", "tables")).splitlines():
        found.append("nftables table sunbeam")
    if (root / "var/lib/sunbeam/runtime").is_dir():
        found.append("folder /var/lib/sunbeam")
    return tuple(found)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _os_release(text: str) -> dict[str, str]:
    return {name: value.strip("\"'") for name, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE)}


def version_in(answer: str) -> str:
    """The version in a program's answer; empty if it does not run."""
    text = "" if answer.startswith("!") else answer
    found = re.search(r"\d+\.\d+[\w.+~:-]*|iproute2-\S+", text)
    return found.group().rstrip(",") if found else ""


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
