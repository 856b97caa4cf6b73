"""A machine as it would be detected: what the wizard's sessions run on."""

from __future__ import annotations

from ipaddress import IPv4Network

from sunbeam.core.detection.detected import Detected
from sunbeam.core.detection.disks import Disk
from sunbeam.core.detection.interfaces import Interface
from sunbeam.core.detection.proxies import FoundProxy
from sunbeam.core.detection.time_state import TimeState
from sunbeam.substrates.embedded.network_facts import NetworkFacts, Range

GIB = 1024**3

RACK = Detected(
    host_name="rack7",
    system="Debian GNU/Linux 13 (trixie)",
    cores=8,
    memory=32 * GIB,
    disk_free=200 * GIB,
    kvm="works",
    interfaces=(
        Interface(
            "eno1", mac="52:54:00:00:00:01", carrier=True, speed=1000, addresses=("192.0.2.7/24",),
            default_route=True,
        ),
        Interface("eno2", mac="52:54:00:00:00:02", carrier=True, speed=10000),
        Interface("eno3", mac="52:54:00:00:00:03", carrier=True, speed=1000, addresses=("198.51.100.7/24",)),
    ),
    disks=(
        Disk("/dev/nvme0n1", 256 * GIB, "Samsung SSD 990 PRO", contents="in use: /, /boot"),
        Disk("/dev/sda", 1024 * GIB, "ST1000NM"),
    ),
    time=TimeState(True, 0.001, "chronyd"),
    resolvers=("192.0.2.1",),
    network=NetworkFacts(
        interface="eno1", address="192.0.2.7", gateway="192.0.2.1",
        ranges=(Range(IPv4Network("192.0.2.0/24"), "eno1"), Range(IPv4Network("198.51.100.0/24"), "eno3")),
        addresses=("192.0.2.7", "198.51.100.7"),
    ),
)  # fmt: skip

PROXIED = FoundProxy("http://proxy.example.org:3128", "http://proxy.example.org:3128", "localhost")
