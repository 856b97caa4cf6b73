"""Rules on the machine and its network, each with a fault and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.detection.time_state import TimeState
from sunbeam.core.journal import ChangeRecord
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings import containers, host, network, node, outside
from sunbeam.doctor.rules.network import networks_begun
from sunbeam.substrates.embedded.kvm import Kvm
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses
from tests.unit.doctor.fake_look import NOW, diagnoses, diagnosis

GIB = 1 << 30
DISK = host.Disk(Path("/var/lib/sunbeam"), "/", 100 * GIB, 50 * GIB, 1_000_000, 900_000, False)
MEMORY = host.Memory(16 * GIB, 8 * GIB, 0, 0, 0.0)
FAILED = ChangeRecord(1, "cluster bootstrap", "Bootstrap the cloud", {}, ChangeStatus.FAILED, "")
SETTINGS = NodeSettings("one", "192.0.2.7")
RESTART = {node.restart_daemon: "systemctl restart sunbeam-sunbeamd"}
BEGUN: dict[Any, Any] = {networks_begun: True, node.settings: SETTINGS, **RESTART}
FIREWALL = network.Firewall(True, False, "ACCEPT", False)
OOM = (
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,"
    "oom_memcg=/libpod_parent/libpod-abc,task_memcg=/libpod_parent/libpod-abc,task=mariadbd,pid=12,uid=101"
)


async def test_a_full_disk_is_told_with_its_figures(tmp_path: Path) -> None:
    full = replace(DISK, free=12 << 20)
    found = await diagnosis("disk-full", tmp_path, {host.disks: (DISK, full)})
    assert found.cause == "The disk of /var/lib/sunbeam is full"
    assert found.evidence == "/: 12 MiB of 100.0 GiB are free, 256 MiB are needed"
    assert found.remedy == "du -xh / | sort -h | tail -n 20"


async def test_a_small_disk_with_space_is_not_full(tmp_path: Path) -> None:
    small = replace(DISK, size=200 << 20, free=100 << 20)
    assert await diagnoses("disk-full", tmp_path, {host.disks: (small,)}) == []


async def test_inodes_and_read_only_disks(tmp_path: Path) -> None:
    answers = {host.disks: (replace(DISK, inodes_free=3, read_only=True),)}
    assert (
        await diagnosis("inodes-used-up", tmp_path, answers)
    ).evidence == "/: 3 of 1000000 inodes are free"
    assert (await diagnosis("disk-read-only", tmp_path, answers)).evidence == "/ is mounted read-only"
    unlimited = {host.disks: (replace(DISK, inodes=0, inodes_free=0),)}
    assert await diagnoses("inodes-used-up", tmp_path, unlimited) == []


async def test_a_slow_disk_is_what_etcd_says_often(tmp_path: Path) -> None:
    line = '{"level":"warn","msg":"slow fdatasync","took":"1.9s","expected-duration":"1s"}'
    answers = {(node.program_log, "etcd"): [line] * 6}
    found = await diagnosis("disk-slow", tmp_path, answers)
    assert (found.severity, line in found.evidence) == ("warning", True)
    assert await diagnoses("disk-slow", tmp_path, {(node.program_log, "etcd"): [line]}) == []


async def test_a_clock_behind_what_happened_here_is_wrong(tmp_path: Path) -> None:
    remembered = (NOW + timedelta(days=30), "/x/ca.crt is valid from 2026-01-31 00:00:00 UTC on")
    answers = {host.remembered_time: remembered, host.time_kept: TimeState()}
    found = await diagnosis("clock-wrong", tmp_path, answers)
    assert found.remedy == "timedatectl set-ntp true"
    assert found.evidence.startswith(
        "it is 2026-01-01 00:00:00 UTC by the clock, but /x/ca.crt is valid from"
    )


async def test_a_clock_away_from_the_mirrors_is_wrong(tmp_path: Path) -> None:
    answer = outside.MirrorAnswer("http://m/x", "", NOW + timedelta(hours=3), NOW)
    answers = {
        host.remembered_time: (NOW, ""),
        outside.mirror_answer: answer,
        host.time_kept: TimeState(daemon="chronyd"),
    }
    found = await diagnosis("clock-wrong", tmp_path, answers)
    assert found.evidence.endswith("http://m/x says 2026-01-01 03:00:00 UTC; it is kept by chronyd")
    assert found.remedy == "chronyc tracking"
    near = {**answers, outside.mirror_answer: replace(answer, date=NOW)}
    assert await diagnoses("clock-wrong", tmp_path, near) == []
    silent = {**answers, outside.mirror_answer: NotRead("no answer")}
    assert await diagnoses("clock-wrong", tmp_path, silent) == []


async def test_too_little_memory_and_swapping(tmp_path: Path) -> None:
    low = replace(MEMORY, available=100 << 20, swap=GIB, swap_free=0)
    found = await diagnosis("memory-short", tmp_path, {host.memory: low})
    assert found.evidence == "100 MiB of 16.0 GiB are available, 1024 MiB of 1024 MiB swap are used"
    stalled = await diagnosis("memory-short", tmp_path, {host.memory: replace(MEMORY, stalled=40.0)})
    assert "for 40 % of the last 10 s" in stalled.evidence
    assert await diagnoses("memory-short", tmp_path, {host.memory: MEMORY}) == []


async def test_a_killed_service_is_named_by_its_cgroup(tmp_path: Path) -> None:
    line = host.KernelLine(NOW - timedelta(minutes=2), OOM)
    answers = {
        containers.ids: {"abc": "mariadb/0"},
        host.kernel_log: (line,),
        containers.oom_kills: {"mariadb/0": 1},
    }
    found = await diagnosis("oom-killed", tmp_path, answers)
    assert found.cause.startswith("The kernel killed mariadbd of mariadb/0 for lack of memory: its container")
    assert (found.about, OOM in found.evidence) == ("mariadb/0", True)


@pytest.mark.parametrize("ago", [timedelta(hours=2), timedelta(minutes=1)])
async def test_kills_of_long_ago_or_of_other_containers_do_not_count(tmp_path: Path, ago: timedelta) -> None:
    line = host.KernelLine(NOW - ago, OOM)
    ids = {"abc": "mariadb/0"} if ago > timedelta(hours=1) else {}
    answers = {
        containers.ids: ids,
        host.kernel_log: (line,),
        containers.oom_kills: {},
        containers.containers: (containers.Container("n", "nova/0", 1),),
        (containers.started_at, "n"): [NOW - timedelta(minutes=30)],
    }
    assert await diagnoses("oom-killed", tmp_path, answers) == []


async def test_a_container_that_was_killed_whole_is_known_by_its_start(tmp_path: Path) -> None:
    line = host.KernelLine(NOW - timedelta(minutes=1), OOM)
    answers = {
        containers.ids: {},
        host.kernel_log: (line,),
        containers.oom_kills: {},
        containers.containers: (containers.Container("n", "nova/0", 1),),
        (containers.started_at, "n"): [NOW - timedelta(seconds=55)],
    }
    found = await diagnosis("oom-killed", tmp_path, answers)
    assert (found.about, found.severity) == ("nova/0", "error")


async def test_cgroups_count_kills_where_the_kernels_log_is_not_ours(tmp_path: Path) -> None:
    answers = {
        containers.ids: {},
        host.kernel_log: NotRead("dmesg: Operation not permitted"),
        containers.oom_kills: {"nova/0": 2},
    }
    found = await diagnosis("oom-killed", tmp_path, answers)
    assert found.evidence == "its cgroup counts 2 kills for lack of memory"


async def test_programs_that_are_gone_name_their_packages(tmp_path: Path) -> None:
    answers = {node.is_node: True, host.programs: {"podman": True, "nsenter": False, "runc or crun": False}}
    found = await diagnosis("programs-missing", tmp_path, answers)
    assert found.remedy == "apt-get install util-linux runc"


@pytest.mark.parametrize(
    ("kvm", "remedy"),
    [
        (Kvm("absent", cpu_flag="vmx"), "modprobe kvm_intel"),
        (Kvm("fails", cpu_flag="svm"), "modprobe kvm_amd"),
        (Kvm("works", cpu_flag="vmx"), ""),
        (Kvm("unknown", cpu_flag="vmx"), ""),
        (Kvm("absent"), ""),
    ],
)
async def test_kvm_is_missed_only_where_the_processor_has_it(tmp_path: Path, kvm: Kvm, remedy: str) -> None:
    found = await diagnoses("kvm-unused", tmp_path, {host.kvm: kvm})
    assert [each.remedy for each in found] == ([remedy] if remedy else [])


async def test_dead_names_tell_the_servers_that_were_asked(tmp_path: Path) -> None:
    answers = {
        outside.lookup: outside.Lookup("mirror.example", (), "no answer within 4 s"),
        outside.resolvers: ("192.0.2.53",),
        node.unfinished: (),
    }
    found = await diagnosis("dns-dead", tmp_path, answers)
    assert (
        found.evidence == "mirror.example: no answer within 4 s; name servers in /etc/resolv.conf: 192.0.2.53"
    )
    assert found.severity == "warning"
    unfinished = {**answers, node.unfinished: (FAILED,)}
    assert (await diagnosis("dns-dead", tmp_path, unfinished)).severity == "error"


async def test_a_dead_mirror_is_told_with_its_url(tmp_path: Path) -> None:
    answer = outside.MirrorAnswer("http://m/dists/trixie/InRelease", "Connection refused")
    found = await diagnosis("mirror-dead", tmp_path, {outside.mirror_answer: answer, node.unfinished: ()})
    assert found.evidence == "http://m/dists/trixie/InRelease: Connection refused"


async def test_a_changed_address_is_told_with_both(tmp_path: Path) -> None:
    interface = network.Interface("eth0", True, (IPv4Interface("192.0.2.99/24"),))
    answers = {
        node.settings: SETTINGS,
        network.interfaces: {"eth0": interface},
        network.default_interface: "eth0",
    }
    found = await diagnosis("address-changed", tmp_path, answers)
    assert "192.0.2.7" in found.cause
    assert found.evidence.startswith("eth0 has 192.0.2.99/24")
    assert found.remedy == "ip address add 192.0.2.7/32 dev eth0"
    kept = {
        **answers,
        network.interfaces: {"eth0": replace(interface, addresses=(IPv4Interface("192.0.2.7/24"),))},
    }
    assert await diagnoses("address-changed", tmp_path, kept) == []


async def test_a_stolen_port_names_the_thief(tmp_path: Path) -> None:
    thief = network.Stranger(17070, "127.0.0.1", 99, "python3 -m http.server 17070", "")
    answers = {
        node.settings: SETTINGS,
        network.strangers: (thief, replace(thief, port=12379, unit="etcd.service")),
    }
    first, second = await diagnoses("port-stolen", tmp_path, answers)
    assert first.cause == "Port 17070 of sunbeamd is taken by another program"
    assert first.evidence == "127.0.0.1:17070 is held by process 99: python3 -m http.server 17070"
    assert (first.remedy, second.remedy) == ("kill 99", "systemctl stop etcd.service")


async def test_bridges_that_are_gone_down_or_without_address(tmp_path: Path) -> None:
    pods = network.Interface("sunbeam0", False, (IPv4Interface("10.20.30.1/24"),))
    found = await diagnoses("bridge-gone", tmp_path, {**BEGUN, network.interfaces: {"sunbeam0": pods}})
    assert [each.evidence for each in found] == ["ip link: sunbeam0 is not UP", "ip link has no sunbeam-ext"]
    external = network.Interface("sunbeam-ext", True, ())
    both = {"sunbeam0": replace(pods, up=True), "sunbeam-ext": external}
    found = await diagnoses("bridge-gone", tmp_path, {**BEGUN, network.interfaces: both})
    assert [each.evidence for each in found] == ["sunbeam-ext has no address instead of 172.24.4.1/24"]


async def test_networks_that_were_never_made_are_not_missed(tmp_path: Path) -> None:
    answers = {
        networks_begun: False,
        network.firewall: replace(FIREWALL, nftables=False),
        network.ip_forward: "0",
    }
    for rule in ("bridge-gone", "forwarding-off", "firewall-flushed", "forward-dropped", "hosts-altered"):
        assert await diagnoses(rule, tmp_path, answers) == []


async def test_packet_rules(tmp_path: Path) -> None:
    flushed = {**BEGUN, network.firewall: replace(FIREWALL, nftables=False)}
    assert (
        await diagnosis("firewall-flushed", tmp_path, flushed)
    ).remedy == "systemctl restart sunbeam-sunbeamd"
    dropped = {**BEGUN, network.firewall: replace(FIREWALL, policy="DROP", docker=True)}
    found = await diagnosis("forward-dropped", tmp_path, dropped)
    assert "-P FORWARD DROP; Docker" in found.evidence
    for rule in ("firewall-flushed", "forward-dropped"):
        assert await diagnoses(rule, tmp_path, {**BEGUN, network.firewall: FIREWALL}) == []
    off = await diagnosis("forwarding-off", tmp_path, {**BEGUN, network.ip_forward: "0"})
    assert off.evidence == "net.ipv4.ip_forward = 0"


async def test_packet_rules_are_read_without_the_program_iptables(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.expect("nft", "list", "tables", answer="table inet filter\ntable ip sunbeam\n")
    processes.expect("iptables", answer=FileNotFoundError("iptables"))
    assert await network.firewall(Look(Paths(tmp_path), processes, FakeClock())) == FIREWALL


async def test_an_altered_hosts_file_shows_the_line(tmp_path: Path) -> None:
    hosts = network.Hosts(Path("/h"), "10.20.30.11 mariadb-0\n", "10.20.30.12 mariadb-0\n")
    found = await diagnosis("hosts-altered", tmp_path, {**BEGUN, network.hosts: hosts})
    assert found.evidence == "/h: missing: 10.20.30.11 mariadb-0"


async def test_a_replaced_hosts_file_is_not_what_containers_see(tmp_path: Path) -> None:
    seen = tmp_path / "proc/12/root/etc/hosts"
    seen.parent.mkdir(parents=True)
    seen.write_text("10.20.30.12 mariadb-0\n")
    hosts = network.Hosts(Path("/h"), "10.20.30.11 mariadb-0\n", "10.20.30.11 mariadb-0\n")
    answers = {
        **BEGUN,
        network.hosts: hosts,
        containers.containers: (containers.Container("n", "nova/0", 12),),
    }
    assert (
        await diagnosis("hosts-altered", tmp_path, answers)
    ).evidence == "/h is not what nova/0 has as /etc/hosts"


async def test_an_unreachable_public_address(tmp_path: Path) -> None:
    answers = {
        containers.containers: (containers.Container("i", "ingress/0", 3),),
        outside.public_port: "192.0.2.7:443: Connection refused",
    }
    found = await diagnosis("ingress-unreachable", tmp_path, answers)
    assert found.evidence == "192.0.2.7:443: Connection refused"
    assert await diagnoses("ingress-unreachable", tmp_path, {containers.containers: ()}) == []


async def test_the_first_of_several_ways_outside_is_the_default_interface(tmp_path: Path) -> None:
    processes = FakeProcesses()
    ways = '[{"dst":"default","flags":[],"nexthops":[{"gateway":"192.0.2.1","dev":"eth0"},{"dev":"eth1"}]}]'
    processes.expect("ip", "-json", "route", "show", "default", answer=ways)
    assert await Look(Paths(tmp_path), processes, FakeClock())(network.default_interface) == "eth0"
