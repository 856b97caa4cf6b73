import json
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sunbeam.core.process import Completed
from sunbeam.substrates.embedded.facts import Facts, System, gather
from tests.fakes.processes import FakeProcesses

SYSTEM = System(uid=0, cores=2, nofile=20000, nproc=8192, disk_free=1)
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
        "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
        "etc/resolv.conf": "search example.com\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n",
        "proc/mounts": HYBRID,
        "proc/meminfo": "MemTotal:       24684092 kB\nMemFree: 1 kB\nMemAvailable:   22268744 kB\n",
        "proc/1/comm": "sh\n",
        "proc/sys/kernel/osrelease": "6.1.0-31-amd64\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "sys/module/geneve").mkdir(parents=True)
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
    fake.expect("unshare", "--net", "ip", answer=Completed((), 2, "", "Unknown device type."))
    fake.expect("unshare", "--net", "nft")
    fake.expect("unshare", "--net", "iptables", answer=TimeoutError())
    fake.expect("iptables", "-S", "FORWARD", answer="-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    fake.expect("ip", "-json", "-4", "address", answer=json.dumps(ADDRESSES))
    fake.expect("ip", "-json", "-4", "route", answer=json.dumps(ROUTES))
    fake.expect("ss", answer=SOCKETS)
    fake.expect("nft", "list", "tables", answer="table ip nat\ntable ip sunbeam\n")
    return fake


@pytest.fixture
async def facts(root: Path, processes: FakeProcesses) -> Facts:
    return await gather(processes, SYSTEM, root)


def test_the_machine(facts: Facts) -> None:
    assert (facts.distribution, facts.version, facts.kernel) == ("debian", "12", "6.1.0-31-amd64")
    assert not facts.systemd
    assert facts.memory == 24684092 * 1024
    assert facts.memory_available == 22268744 * 1024
    assert facts.resolvers == ("192.0.2.53", "192.0.2.54")
    assert facts.modules == ("geneve",)


def test_versions_of_programs(facts: Facts) -> None:
    assert facts.programs == {
        "podman": "4.3.1",
        "runc": "1.1.5+ds1",
        "crun": "1.8.1",
        "conmon": "2.1.6",
        "netavark": "",
        "ip": "iproute2-6.1.0",
        "nft": "1.0.6",
        "iptables": "1.8.9",
        "mmdebstrap": "",
    }


def test_hybrid_cgroups_need_runc(facts: Facts) -> None:
    assert (facts.cgroups, facts.cgroups_writable, facts.container_runtime) == ("hybrid", True, "runc")


@pytest.mark.parametrize(("mode", "writable"), [("rw", True), ("ro", False)])
async def test_unified_cgroups_take_crun(
    root: Path, processes: FakeProcesses, mode: str, writable: bool
) -> None:
    (root / "proc/mounts").write_text(UNIFIED.format(mode=mode))
    facts = await gather(processes, SYSTEM, root)
    assert (facts.cgroups, facts.cgroups_writable, facts.container_runtime) == ("v2", writable, "crun")


def test_attempts_decide_what_the_kernel_can(facts: Facts) -> None:
    assert (facts.geneve, facts.nftables_nat, facts.iptables_nat) == (False, True, False)


def test_a_dropping_forward_chain_rules_out_a_table_of_our_own(facts: Facts) -> None:
    assert facts.forward_policy == "DROP"
    assert not facts.uses_nftables


def test_the_best_default_route_counts(facts: Facts) -> None:
    network = facts.network
    assert (network.interface, network.address, network.gateway) == ("eth0", "192.0.2.2", "192.0.2.1")
    assert network.mtu == 1400


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("10.20.30.0/24", ""),
        ("10.8.30.0/24", "10.8.0.0/16 on wg0"),
        ("192.0.0.0/16", "192.0.2.0/24 on eth0"),
        ("203.0.113.0/24", "203.0.113.9/32 on eth1"),
    ],
)
def test_ranges_in_use(facts: Facts, wanted: str, taken: str) -> None:
    assert facts.in_use(IPv4Network(wanted), own=()) == taken
    assert facts.in_use(IPv4Network(wanted), own=("wg0", "eth0", "eth1")) == ""


def test_ports_and_who_has_them(facts: Facts) -> None:
    nginx, unknown = facts.listener(443), facts.listener(2024)
    assert nginx is not None and (nginx.program, nginx.pid, nginx.address) == ("nginx", 812, "*")
    assert unknown is not None and unknown.program == ""
    assert facts.listener(80) is None


def test_leftovers(facts: Facts) -> None:
    assert facts.leftovers == ("nftables table sunbeam",)


class TestKvm:
    async def test_is_absent_without_its_node(self, facts: Facts) -> None:
        assert facts.kvm == "absent"

    @pytest.mark.parametrize(
        ("guest", "verdict"),
        [
            ("", "works"),
            (Completed((), -6, "", "KVM internal error. Suberror: 1"), "fails"),
            (TimeoutError(), "fails"),
        ],
    )
    async def test_is_known_by_booting_a_guest(
        self, root: Path, processes: FakeProcesses, guest: Completed | str | TimeoutError, verdict: str
    ) -> None:
        (root / "dev").mkdir()
        (root / "dev/kvm").touch()
        processes.expect("qemu-system-x86_64", "--version", answer="QEMU emulator version 7.2.0\n")
        processes.expect("qemu-system-x86_64", "-accel", "kvm", answer=guest)
        assert (await gather(processes, SYSTEM, root)).kvm == verdict

    async def test_is_unknown_without_qemu(self, root: Path, processes: FakeProcesses) -> None:
        (root / "dev").mkdir()
        (root / "dev/kvm").touch()
        processes.expect("qemu-system-x86_64", answer=FileNotFoundError("qemu"))
        assert (await gather(processes, SYSTEM, root)).kvm == "unknown"


async def test_a_bare_machine_gives_facts_as_well(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.expect(answer=FileNotFoundError("nothing is installed"))
    facts = await gather(processes, SYSTEM, tmp_path)
    assert facts.container_runtime == ""
    assert facts.network.interface == ""
    assert not any(facts.programs.values())
