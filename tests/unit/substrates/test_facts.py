import json
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sunbeam.core.process import Completed
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.facts import (
    Facts,
    System,
    leftovers,
    program_answers,
    read,
)
from sunbeam.substrates.embedded.network_facts import NetworkFacts, overlap
from sunbeam.substrates.embedded.probes import Probe
from tests.fakes.processes import FakeProcesses

SYSTEM = System(uid=0, cores=2)
RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
"""
HYBRID = """\
tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""
UNIFIED = "cgroup2 /sys/fs/cgroup cgroup2 {mode},nosuid,nsdelegate 0 0\n"
ADDRESSES = [
    {"ifname": "lo", "mtu": 65536, "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]},
    {"ifname": "eth0", "mtu": 1400, "addr_info": [{"local": "192.0.2.2", "prefixlen": 24}]},
    {"ifname": "eth1", "mtu": 9000, "addr_info": []},
]
ROUTES = [
    {"dst": "default", "gateway": "198.51.100.1", "dev": "eth1", "metric": 600},
    {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0", "metric": 100},
    {"dst": "10.8.0.0/16", "dev": "wg0"},
    {"dst": "203.0.113.9", "dev": "eth1"},
]
SOCKETS = """\
LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=711,fd=3))
LISTEN 0      4096               *:443              *:*    users:(("nginx",pid=812,fd=6),("nginx",pid=9,fd=6))
LISTEN 0      128             [::]:2024          [::]:*
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Debian 12 without systemd and with hybrid cgroups."""
    files = {
        "etc/os-release": RELEASE,
        "etc/resolv.conf": "search example.com\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n",
        "proc/mounts": HYBRID,
        "proc/meminfo": "MemTotal:       24684092 kB\nMemFree: 1 kB\nMemAvailable:   22268744 kB\n",
        "proc/1/comm": "sh\n",
        "proc/sys/kernel/osrelease": "6.1.0-31-amd64\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def processes() -> FakeProcesses:
    fake = FakeProcesses()
    fake.expect("podman", "--version", answer="podman version 4.3.1\n")
    fake.expect("runc", "--version", answer="runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\n")
    fake.expect("crun", "--version", answer="crun version 1.8.1\n")
    fake.expect("conmon", "--version", answer="conmon version 2.1.6\n")
    fake.expect("/usr/lib/podman/netavark", "--version", answer=FileNotFoundError("netavark"))
    fake.expect("ip", "-Version", answer="ip utility, iproute2-6.1.0, libbpf 1.1.0\n")
    fake.expect("nft", "--version", answer="nftables v1.0.6 (Lester Gooch #5)\n")
    fake.expect("iptables", "--version", answer="iptables v1.8.9 (nf_tables)\n")
    fake.expect("mmdebstrap", "--version", answer=FileNotFoundError("mmdebstrap"))
    fake.expect("unshare", "--net", "nft")
    fake.expect("unshare", "--net", "iptables", answer=TimeoutError())
    fake.expect("iptables", "-S", "FORWARD", answer="-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    fake.expect("ip", "-json", "-4", "address", answer=json.dumps(ADDRESSES))
    fake.expect("ip", "-json", "-4", "route", answer=json.dumps(ROUTES))
    fake.expect("ss", answer=SOCKETS)
    fake.expect("nft", "list", "tables", answer="table ip nat\ntable ip sunbeam\n")
    return fake


@pytest.fixture
def facts(root: Path) -> Facts:
    return read(SYSTEM, root)


@pytest.fixture
def probe(processes: FakeProcesses) -> Probe:
    return Probe(processes)


@pytest.fixture
async def network(probe: Probe) -> NetworkFacts:
    return await network_facts.gather(probe)


def test_the_machine(facts: Facts) -> None:
    assert (facts.distribution, facts.version, facts.codename) == ("debian", "12", "bookworm")
    assert facts.distribution_name == "Debian GNU/Linux 12 (bookworm)"
    assert not facts.systemd and not facts.tun
    assert facts.memory == 24684092 * 1024
    assert facts.memory_available == 22268744 * 1024
    assert facts.resolvers == ("192.0.2.53", "192.0.2.54")


async def test_answers_of_programs(processes: FakeProcesses, probe: Probe) -> None:
    processes.replace(
        "nft", "--version", answer=Completed((), 127, "", "nft: libnftables.so.1: no such file")
    )
    processes.replace("crun", "--version", answer=TimeoutError())
    answers = await program_answers(probe)
    assert answers["podman"] == "podman version 4.3.1\n"
    assert answers["netavark"] == answers["mmdebstrap"] == ""
    assert answers["nft"] == "!exit code 127: nft: libnftables.so.1: no such file"
    assert answers["crun"] == "!no answer within 10 s"


def test_hybrid_cgroups(facts: Facts) -> None:
    assert (facts.cgroups, facts.cgroups_writable) == ("hybrid", True)


@pytest.mark.parametrize(("mode", "writable"), [("rw", True), ("ro", False)])
def test_unified_cgroups(root: Path, mode: str, writable: bool) -> None:
    (root / "proc/mounts").write_text(UNIFIED.format(mode=mode))
    facts = read(SYSTEM, root)
    assert (facts.cgroups, facts.cgroups_writable) == ("v2", writable)


async def test_attempts_decide_what_the_kernel_can(probe: Probe) -> None:
    assert (await probe.nftables_nat(), await probe.iptables_nat()) == (True, False)


async def test_the_policy_of_iptables(probe: Probe) -> None:
    assert await probe.forward_policy() == "DROP"


def test_the_best_default_route_counts(network: NetworkFacts) -> None:
    assert (network.interface, network.address, network.gateway) == ("eth0", "192.0.2.2", "192.0.2.1")
    assert network.mtu == 1400
    assert network.has_address("192.0.2.2") and not network.has_address("192.0.2.3")


async def test_of_several_ways_outside_the_first_counts(processes: FakeProcesses, probe: Probe) -> None:
    ways = [{"gateway": "192.0.2.1", "dev": "eth0"}, {"gateway": "198.51.100.1", "dev": "eth1"}]
    routes = [
        {"dst": "default", "flags": [], "nexthops": ways},
        {"dst": "10.9.0.0/16", "flags": [], "nexthops": ways},
    ]
    processes.replace("ip", "-json", "-4", "route", answer=json.dumps(routes))
    network = await network_facts.gather(probe)
    assert (network.interface, network.address, network.gateway) == ("eth0", "192.0.2.2", "192.0.2.1")
    assert overlap(network, IPv4Network("10.9.0.0/24"), own=("eth0",)) == "10.9.0.0/16 on eth1"


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("10.20.30.0/24", ""),
        ("10.8.30.0/24", "10.8.0.0/16 on wg0"),
        ("192.0.0.0/16", "192.0.2.0/24 on eth0"),
        ("203.0.113.0/24", "203.0.113.9/32 on eth1"),
    ],
)
def test_ranges_in_use(network: NetworkFacts, wanted: str, taken: str) -> None:
    assert overlap(network, IPv4Network(wanted), own=()) == taken
    assert overlap(network, IPv4Network(wanted), own=("wg0", "eth0", "eth1")) == ""


def test_ports_and_who_has_them(network: NetworkFacts) -> None:
    listeners = {each.port: each for each in network.listeners}
    nginx, unknown = listeners[443], listeners[2024]
    assert (nginx.program, nginx.pid, nginx.address) == ("nginx", 812, "*")
    assert unknown.program == "" and 80 not in listeners


async def test_leftovers(root: Path, probe: Probe) -> None:
    (root / "sys/class/net/sunbeam0").mkdir(parents=True)
    assert await leftovers(probe, root) == ("interface sunbeam0", "nftables table sunbeam")


async def test_what_the_kernel_has_is_not_left_by_a_root_that_does_not_show_it(
    root: Path, probe: Probe
) -> None:
    (root / "var/lib/sunbeam/runtime").mkdir(parents=True)
    assert await leftovers(probe, root) == (f"folder {root}/var/lib/sunbeam",)


async def test_a_bare_machine_gives_facts_as_well(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.expect(answer=FileNotFoundError("nothing is installed"))
    assert read(SYSTEM, tmp_path) == Facts(SYSTEM)
    assert (await network_facts.gather(Probe(processes))).interface == ""
    assert not any((await program_answers(Probe(processes))).values())
