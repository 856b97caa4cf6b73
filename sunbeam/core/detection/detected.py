"""Everything that questions and their defaults want to know of this machine, in one quick look."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path

from sunbeam.core.cores import cores
from sunbeam.core.detection.disks import Disk, disks
from sunbeam.core.detection.interfaces import Interface, interfaces
from sunbeam.core.detection.proxies import FoundProxy, found_proxy
from sunbeam.core.detection.time_state import TimeState, kernel_clock, time_state
from sunbeam.core.file_text import text
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.kvm import KvmState, try_kvm
from sunbeam.substrates.embedded.network_facts import NetworkFacts
from sunbeam.substrates.embedded.probes import Probe

PROGRAMS = {"ip": "iproute2", "lsblk": "util-linux"}
"""What is asked, and the Debian package that has it."""
OWN_BRIDGES = ("sunbeam0", "sunbeam-ext")
STUB = "127.0.0.53"
"""Where systemd-resolved answers this machine alone; those that it asks are in a file of its own."""


@dataclass(frozen=True)
class Detected:
    """Sizes are in bytes.

    ``resolvers`` are addresses.  ``missing`` are programs that could not be asked, so that what they know is
    left empty.
    """

    host_name: str = ""
    system: str = ""
    cores: int = 0
    memory: int = 0
    disk_free: int = 0
    kvm: KvmState = "unknown"
    interfaces: tuple[Interface, ...] = ()
    disks: tuple[Disk, ...] = ()
    time: TimeState = field(default_factory=TimeState)
    resolvers: tuple[str, ...] = ()
    proxy: FoundProxy = field(default_factory=FoundProxy)
    network: NetworkFacts = field(default_factory=NetworkFacts)
    missing: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """This machine's address on its default route; loopback without one."""
        return self.network.address or "127.0.0.1"

    @property
    def vm_resolvers(self) -> tuple[str, ...]:
        """The resolvers of IPv4 that VMs reach too: none that each machine takes for itself or its link."""
        return tuple(each for each in self.resolvers if ":" not in each and _is_routed(IPv4Address(each)))

    @property
    def kvm_text(self) -> str:
        return {"works": "KVM", "unknown": "KVM not tried"}.get(self.kvm, "no KVM: VMs are slow")

    def interface(self, name: str) -> Interface | None:
        return next((each for each in self.interfaces if each.name == name), None)

    def in_use(self, wanted: IPv4Network) -> str:
        """Which interface or route overlaps ``wanted``, those of a cloud of ours apart; empty: none."""
        return network_facts.overlap(self.network, wanted, OWN_BRIDGES)

    def free_range(self, wanted: IPv4Network) -> IPv4Network:
        """``wanted`` itself, or the first private range of 256 addresses that nobody uses."""
        asked = [IPv4Network(each) for each in self.resolvers if ":" not in each]
        if not self.in_use(wanted) and not any(wanted.overlaps(each) for each in asked):
            return wanted
        return network_facts.free_range(self.network, OWN_BRIDGES, *asked) or wanted


async def detect(
    processes: Processes,
    root: Path = Path("/"),
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], tuple[bool, float]] = kernel_clock,
    has_program: Callable[[str], bool] = lambda name: shutil.which(name) is not None,
) -> Detected:
    """Read files below ``root`` and ask programs, all at the same time; what is missing is left empty."""
    probe = Probe(processes)
    found_interfaces, found_disks, network, found_kvm = await asyncio.gather(
        interfaces(probe, root), disks(probe), network_facts.gather(probe), try_kvm(processes, root)
    )
    return Detected(
        host_name=text(root / "proc/sys/kernel/hostname").strip() or platform.node(),
        system=_name_of_system(text(root / "etc/os-release")),
        cores=cores(),
        memory=_memory(text(root / "proc/meminfo")),
        disk_free=_free(root / "var/lib/sunbeam"),
        kvm=found_kvm.state,
        interfaces=found_interfaces,
        disks=found_disks,
        time=time_state(root, clock),
        resolvers=resolvers(root),
        proxy=found_proxy(environ, root),
        network=network,
        missing=tuple(name for name in PROGRAMS if not has_program(name)),
    )


def resolvers(root: Path = Path("/")) -> tuple[str, ...]:
    """The addresses of those that this machine asks for names, by itself or through systemd-resolved."""
    asked = _nameservers(root / "etc/resolv.conf")
    upstream = _nameservers(root / "run/systemd/resolve/resolv.conf") if STUB in asked else ()
    return upstream or asked


def _nameservers(file: Path) -> tuple[str, ...]:
    named = re.findall(r"^nameserver\s+(\S+)", text(file), re.MULTILINE)
    return tuple(each for each in dict.fromkeys(named) if _is_address(each))


def _is_routed(address: IPv4Address) -> bool:
    local = address.is_loopback or address.is_link_local or address.is_unspecified
    return not (local or address.is_multicast or address.is_reserved)


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _name_of_system(release: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', release, re.MULTILINE)
    return found.group(1) if found else ""


def _memory(meminfo: str) -> int:
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def _free(state: Path) -> int:
    existing = next(folder for folder in (state, *state.parents) if folder.exists())
    return shutil.disk_usage(existing).free
