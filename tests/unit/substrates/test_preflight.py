from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from sunbeam.substrates.embedded.facts import Facts, System
from sunbeam.substrates.embedded.network import NetworkPlan
from sunbeam.substrates.embedded.network_facts import Listener, NetworkFacts, Range
from sunbeam.substrates.embedded.preflight import GIB, problems

PLAN = NetworkPlan()
GOOD = Facts(
    system=System(uid=0, cores=2, nofile=65536, nproc=65536, disk_free=30 * GIB),
    distribution="debian",
    version="13",
    distribution_name="Debian GNU/Linux 13 (trixie)",
    cgroups="v2",
    cgroups_writable=True,
    programs={"podman": "5.4.2", "crun": "1.21", "runc": "", "conmon": "2.1", "ip": "6.15"},
    tun=True,
    nftables_nat=True,
    memory=8 * GIB,
    network=NetworkFacts(
        interface="eth0",
        address="192.0.2.7",
        ranges=(Range(IPv4Network("192.0.2.0/24"), "eth0"),),
    ),
)


def test_a_good_machine_has_none() -> None:
    assert problems(GOOD, PLAN) == []


def test_a_machine_sold_with_eight_gigabytes_is_enough() -> None:
    assert problems(replace(GOOD, memory=int(7.7 * GIB)), PLAN) == []


@pytest.mark.parametrize(
    ("facts", "what", "why"),
    [
        (replace(GOOD, system=replace(GOOD.system, uid=1000)), "not running as root", "by root only"),
        (
            replace(GOOD, distribution="fedora", version="41", distribution_name="Fedora 41"),
            "Fedora 41 is not supported",
            "Debian 12 and 13, Ubuntu 24.04",
        ),
        (replace(GOOD, version="11"), "Debian GNU/Linux 13 (trixie) is not supported", "Debian 12"),
        (replace(GOOD, system=replace(GOOD.system, cores=1)), "1 processor core is too little", "needs 2"),
        (replace(GOOD, memory=4 * GIB), "4 GiB of memory is too little", "8 GiB"),
        (
            replace(GOOD, system=replace(GOOD.system, disk_free=int(3.5 * GIB))),
            "3.5 GiB of free disk space is too little",
            "20 GiB",
        ),
        (replace(GOOD, programs={**GOOD.programs, "podman": ""}), "missing: podman", "containers need"),
        (replace(GOOD, cgroups="hybrid"), "missing: runc", "crun does not work with cgroups hybrid"),
        (
            replace(GOOD, cgroups="none", programs={**GOOD.programs, "runc": "1.1"}),
            "no cgroups",
            "containers",
        ),
        (replace(GOOD, cgroups_writable=False), "the cgroup tree is read-only", "itself a container"),
        (replace(GOOD, tun=False), "no TUN device", "guests"),
        (replace(GOOD, nftables_nat=False), "address translation does not work", "outside"),
        (replace(GOOD, leftovers=("interface sunbeam0",)), "an earlier installation", "no deployment"),
    ],
)
def test_each_obstacle_is_named(facts: Facts, what: str, why: str) -> None:
    (problem,) = problems(facts, PLAN)
    assert what in problem.what
    assert why in problem.why
    assert problem.where
    assert problem.next_command
    assert problem.severity == "error"


def test_a_taken_port_tells_by_whom() -> None:
    network = replace(GOOD.network, listeners=(Listener(443, "0.0.0.0", "nginx", 812),))
    (problem,) = problems(replace(GOOD, network=network), PLAN)
    assert problem.what == "port 443 is taken"
    assert "nginx (process 812)" in problem.why
    assert problem.next_command == "ss -ltnp sport = :443"


@pytest.mark.parametrize(
    ("range_", "word"), [("10.20.0.0/16", "the pod range"), ("172.24.4.128/25", "the external range")]
)
def test_an_overlapping_range_tells_where(range_: str, word: str) -> None:
    taken = Range(IPv4Network(range_), "wg0")
    network = replace(GOOD.network, ranges=(*GOOD.network.ranges, taken))
    (problem,) = problems(replace(GOOD, network=network), PLAN)
    assert problem.what.startswith(word)
    assert problem.where == f"{range_} on wg0"


def test_our_own_bridges_are_no_obstacle() -> None:
    network = replace(GOOD.network, ranges=(Range(PLAN.pods, PLAN.pod_bridge),))
    assert problems(replace(GOOD, network=network), PLAN) == []


def test_ranges_of_the_plan_must_differ() -> None:
    plan = NetworkPlan(pods=IPv4Network("172.24.0.0/16"))
    (problem,) = problems(GOOD, plan)
    assert "172.24.4.0/24, the external range" in problem.where


def test_what_an_installation_of_ours_uses_is_no_obstacle_to_it() -> None:
    network = replace(GOOD.network, listeners=(Listener(17070, "127.0.0.1", "python3", 4),))
    system = replace(GOOD.system, disk_free=2 * GIB)
    used = replace(GOOD, network=network, system=system, leftovers=("interface sunbeam0",))
    assert problems(used, PLAN, installed=True) == []


def test_a_missing_default_route_is_a_warning() -> None:
    (problem,) = problems(replace(GOOD, network=NetworkFacts()), PLAN)
    assert problem.severity == "warning"
