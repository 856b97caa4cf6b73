from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sunbeam.checks import networks, ports
from sunbeam.checks.check import CheckContext
from sunbeam.checks.networks import Networks
from sunbeam.checks.ports import Holder, unit_of
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from sunbeam.substrates.embedded.network import NetworkPlan
from sunbeam.substrates.embedded.network_facts import Listener, NetworkFacts, Range
from tests.fakes.processes import FakeProcesses
from tests.unit.checks.seen import GOOD, INSTALLED, NETWORK, WANTED, ids

SEEN = Networks(NETWORK)
NGINX = Holder(Listener(443, "0.0.0.0", "nginx", 812), "nginx.service", "nginx: master process")
OURS = Holder(Listener(17070, "127.0.0.1", "python3", 9), "sunbeam-sunbeamd.service", "python3 -m sunbeam")


def taking(range_: str, interface: str = "wg0") -> Networks:
    return Networks(replace(NETWORK, ranges=(*NETWORK.ranges, Range(IPv4Network(range_), interface))))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (SEEN, []),
        (taking("10.20.0.0/16"), ["range-taken"]),
        (taking("172.24.4.128/25"), ["range-taken"]),
        (taking("192.168.55.0/25"), ["demo-range-taken"]),
        (taking("0.0.0.0/1"), []),
        (taking("10.20.30.0/24", "sunbeam0"), []),
        (replace(SEEN, iproute=False), ["iproute-missing"]),
    ],
)
def test_ranges(seen: Networks, expected: list[str]) -> None:
    assert ids(networks.ranges, seen) == expected


@pytest.mark.parametrize(
    ("range_", "words"),
    [("10.0.0.0/8", "--pod-range 172.28.0.0/24"), ("172.16.0.0/12", "--external-range 10.77.0.0/24")],
)
def test_a_range_in_use_gets_a_free_one_proposed(range_: str, words: str) -> None:
    (problem,) = networks.ranges(taking(range_), WANTED)
    assert problem.where == f"{range_} on wg0"
    assert problem.next_command == f"sunbeam cluster bootstrap {words}"


@pytest.mark.parametrize(
    ("range_", "severity", "remedy"),
    [
        ("10.0.0.0/8", "warning", "go on"),
        ("172.24.0.0/16", "warning", "go on"),
        ("10.20.30.0/24", "error", "ip route delete 10.20.30.0/24"),
        ("172.24.4.128/25", "error", "ip route delete 172.24.4.128/25"),
    ],
)
def test_only_a_network_as_narrow_as_an_installed_cloud_s_is_in_its_way(
    range_: str, severity: str, remedy: str
) -> None:
    wanted = Wanted.of_node(NodeSettings("node", "192.0.2.7"), "sunbeam cluster start")
    (problem,) = networks.ranges(taking(range_), wanted)
    assert (problem.severity, problem.id, problem.where) == (severity, "range-taken", f"{range_} on wg0")
    assert remedy in problem.next_command


def test_a_wide_network_hides_no_narrow_one() -> None:
    ranges = (Range(IPv4Network("10.0.0.0/8"), "tun0"), Range(IPv4Network("10.20.30.0/25"), "wg0"))
    found = networks.ranges(Networks(replace(NETWORK, ranges=ranges)), INSTALLED)
    assert [(problem.where[-4:], problem.severity) for problem in found] == [
        ("tun0", "warning"),
        (" wg0", "error"),
    ]


def test_no_remedy_changes_what_a_cloud_was_made_with() -> None:
    """Its ranges and its address are for good."""
    seen = replace(taking("10.20.30.0/24"), tunnel=True, resolvers=("172.24.4.53",))
    wanted = Wanted(installed=True, address="203.0.113.5", again="sunbeam launch vm")
    found = [*networks.ranges(seen, wanted), *networks.routes(seen, wanted)]
    assert [problem.id for problem in found] == [
        "range-taken",
        "range-taken",
        "vpn-default-route",
        "address-not-here",
    ]
    assert [problem.next_command for problem in found if "sunbeam" in problem.next_command] == []


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        (Wanted(network=NetworkPlan(pods=IPv4Network("172.24.0.0/16"))), "172.24.4.0/24, the external range"),
        (Wanted(demo=IPv4Network("172.24.4.0/26")), "172.24.4.0/24, the external range"),
    ],
)
def test_ranges_of_the_cloud_itself_must_differ(wanted: Wanted, where: str) -> None:
    (problem,) = networks.ranges(SEEN, wanted)
    assert problem.where == where and problem.severity == "error"


@pytest.mark.parametrize(
    ("resolver", "interface", "words"),
    [
        ("10.20.30.53", "", "--pod-range"),
        ("172.24.4.53", "", "--external-range"),
        ("172.24.4.53", "eth1", ""),
        ("10.20.30.53", "eth1", "--pod-range"),
        ("127.0.0.53", "", ""),
        ("fd00::1", "", ""),
    ],
)
def test_a_resolver_of_this_machine_must_stay_within_reach(resolver: str, interface: str, words: str) -> None:
    found = list(networks.ranges(replace(SEEN, resolvers=(resolver,)), Wanted(interface=interface)))
    assert [problem.next_command.split()[-2] for problem in found] == ([words] if words else [])
    assert all(resolver in problem.where and problem.id == "range-taken" for problem in found)


def test_the_external_range_may_be_that_of_its_interface() -> None:
    wanted = Wanted(network=NetworkPlan(external=IPv4Network("192.0.2.0/24")), interface="eth0")
    assert ids(networks.ranges, SEEN, wanted) == []


@pytest.mark.parametrize(
    ("seen", "wanted", "expected"),
    [
        (SEEN, WANTED, []),
        (Networks(NetworkFacts()), WANTED, ["no-default-route"]),
        (replace(SEEN, tunnel=True), WANTED, ["vpn-default-route"]),
        (SEEN, Wanted(address="192.0.2.8"), []),
        (SEEN, Wanted(address="203.0.113.5"), ["address-not-here"]),
    ],
)
def test_routes(seen: Networks, wanted: Wanted, expected: list[str]) -> None:
    assert ids(networks.routes, seen, wanted) == expected
    assert all(problem.severity == "warning" for problem in networks.routes(seen, wanted))


@pytest.mark.parametrize(
    ("mtu", "wanted", "expected"), [(1500, 1500, []), (1400, 1500, ["mtu-small"]), (1400, 1400, [])]
)
def test_packet_sizes(mtu: int, wanted: int, expected: list[str]) -> None:
    seen = Networks(replace(NETWORK, mtu=mtu))
    assert ids(networks.packet_size, seen, Wanted(mtu=wanted)) == expected


@pytest.mark.parametrize(
    ("holders", "wanted", "expected"),
    [
        ((), WANTED, []),
        ((NGINX,), WANTED, ["port-taken"]),
        ((NGINX,), INSTALLED, ["port-taken"]),
        ((OURS,), WANTED, ["port-taken"]),
        ((OURS,), INSTALLED, []),
    ],
)
def test_ports(holders: tuple[Holder, ...], wanted: Wanted, expected: list[str]) -> None:
    assert ids(ports.ports, holders, wanted) == expected


@pytest.mark.parametrize(
    ("port", "address", "taken"),
    [
        (443, "*", True),
        (443, "0.0.0.0%eth0", True),
        (443, "[::]", True),
        (443, "192.0.2.7", True),
        (443, "192.0.2.8", True),
        (443, "[::ffff:192.0.2.7]", True),
        (443, "127.0.0.1", False),
        (80, "127.0.0.53%lo", False),
        (443, "[::1]", False),
        (443, "[fe80::1]%eth0", False),
        (443, "[::ffff:127.0.0.1]", False),
        (17070, "0.0.0.0", True),
        (17070, "127.0.0.1", True),
        (17070, "[::ffff:127.0.0.1]", True),
        (17070, "127.0.0.2", False),
        (17070, "192.0.2.7", False),
        (12379, "[::1]", False),
    ],
)
def test_a_listener_is_in_the_way_of_what_our_rules_and_programs_take(
    port: int, address: str, taken: bool
) -> None:
    """The rules take 80 and 443 at all IPv4 addresses but loopback's, programs their ports at 127.0.0.1."""
    found = ids(ports.ports, (Holder(Listener(port, address)),), Wanted(address="192.0.2.7"))
    assert found == (["port-taken"] if taken else [])


def test_a_cloud_of_loopback_alone_is_hidden_by_a_listener_there() -> None:
    holder = Holder(Listener(443, "127.0.0.1"))
    assert ids(ports.ports, (holder,), Wanted(address="127.0.0.1")) == ["port-taken"]


def test_a_listener_that_is_no_obstacle_hides_none() -> None:
    holders = (Holder(Listener(443, "127.0.0.1")), NGINX)
    assert [problem.where for problem in ports.ports(holders, WANTED)] == ["0.0.0.0:443"]


def test_a_taken_port_names_process_and_unit() -> None:
    (problem,) = ports.ports((NGINX,), WANTED)
    assert "nginx (process 812 of nginx.service) listens on it" in problem.why
    assert problem.next_command == "systemctl disable --now nginx.service"
    assert problem.evidence == "nginx: master process"


async def test_holders_are_read_from_their_processes(tmp_path: Path) -> None:
    process = tmp_path / "proc/812"
    process.mkdir(parents=True)
    (process / "cmdline").write_bytes(b"/usr/bin/docker-proxy\0-host-port\x0080\0")
    (process / "cgroup").write_text("0::/system.slice/docker.service\n")
    processes = FakeProcesses()
    processes.expect("ip", answer="[]")
    listening = 'LISTEN 0 1 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=812,fd=4))\n'
    processes.expect("ss", answer=listening + "LISTEN 0 1 0.0.0.0:22 0.0.0.0:*\n")
    context = CheckContext(processes, Paths(tmp_path), WANTED, root=tmp_path, system=GOOD.system)
    (holder,) = await ports.holders(context)
    assert holder.name == "docker-proxy (process 812 of docker.service)"
    assert holder.command == "/usr/bin/docker-proxy -host-port 80"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("0::/user.slice/user-0.slice/user@0.service/app.slice/web.service\n", "web.service"),
        ("0::/user.slice/session-3.scope\n", ""),
        ("", ""),
    ],
)
def test_units(text: str, unit: str) -> None:
    assert unit_of(text) == unit
