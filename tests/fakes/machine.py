"""What a machine with two network cards has, without one."""

from __future__ import annotations

from ipaddress import IPv4Network

from sunbeam.core.detection.detected import Detected
from sunbeam.core.detection.disks import Disk
from sunbeam.core.detection.interfaces import Interface
from sunbeam.core.detection.time_state import TimeState
from sunbeam.substrates.embedded.network_facts import NetworkFacts, Range

MACHINE = Detected(
    host_name="edge-7",
    system="Debian GNU/Linux 13 (trixie)",
    cores=8,
    memory=32 << 30,
    disk_free=410 << 30,
    kvm="works",
    interfaces=(
        Interface("eno1", carrier=True, speed=1000, addresses=("192.0.2.7/24",), default_route=True),
        Interface("eno2", carrier=True, speed=10000),
    ),
    disks=(Disk("/dev/nvme0n1", 512 << 30, "Fast Disk", contents="in use: /"),),
    time=TimeState(True, 0.001, "chrony"),
    resolvers=("192.0.2.1",),
    network=NetworkFacts(
        interface="eno1",
        address="192.0.2.7",
        gateway="192.0.2.1",
        ranges=(Range(IPv4Network("192.0.2.0/24"), "eno1"),),
        addresses=("192.0.2.7",),
    ),
)


async def detected() -> Detected:
    return MACHINE
