from dataclasses import replace

import pytest

from sunbeam.checks import guests, kernel, packets
from sunbeam.checks.kernel import Features
from sunbeam.checks.packets import Packets, dropping_chains
from sunbeam.substrates.embedded.facts import Facts
from sunbeam.substrates.embedded.kvm import Kvm
from tests.unit.checks.seen import GOOD, WANTED, ids

CHAINS = """{"nftables": [{"metainfo": {"version": "1.0.9"}},
 {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "policy": "drop"}},
 {"chain": {"family": "ip", "table": "sunbeam", "name": "forward", "hook": "forward", "policy": "drop"}},
 {"chain": {"family": "inet", "table": "fw", "name": "in", "hook": "input", "policy": "drop"}},
 {"chain": {"family": "inet", "table": "fw", "name": "through", "hook": "forward", "policy": "drop"}},
 {"chain": {"family": "inet", "table": "fw", "name": "own"}}]}"""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (GOOD, []),
        (replace(GOOD, cgroups="hybrid"), []),
        (replace(GOOD, cgroups="none"), ["cgroups-missing"]),
        (replace(GOOD, cgroups_writable=False), ["cgroups-read-only"]),
    ],
)
def test_cgroups(facts: Facts, expected: list[str]) -> None:
    assert ids(kernel.cgroups, facts) == expected


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        (Features(), []),
        (Features(tun=False), ["tun-missing"]),
        (Features(overlay=False), ["overlay-missing"]),
        (Features(namespaces=False), ["namespaces-missing"]),
    ],
)
def test_features(features: Features, expected: list[str]) -> None:
    found = [id for judge in (kernel.tun, kernel.overlay, kernel.namespaces) for id in ids(judge, features)]
    assert found == expected


@pytest.mark.parametrize(("loadable", "fix"), [(("tun", "overlay"), "load-modules"), ((), "")])
def test_a_module_that_can_be_loaded_is_a_safe_fix(loadable: tuple[str, ...], fix: str) -> None:
    features = Features(tun=False, overlay=False, loadable=loadable)
    problems = [*kernel.tun(features, WANTED), *kernel.overlay(features, WANTED)]
    assert [problem.fix for problem in problems] == [fix, fix]


@pytest.mark.parametrize(
    ("kvm", "expected"),
    [
        (Kvm("works"), []),
        (Kvm("unknown", "/dev/kvm may not be opened"), ["kvm-untried"]),
        (Kvm("absent", "/dev/kvm is not there", "vmx"), ["kvm-absent"]),
        (Kvm("fails"), ["kvm-broken"]),
    ],
)
def test_kvm_is_never_more_than_a_warning(kvm: Kvm, expected: list[str]) -> None:
    assert ids(guests.acceleration, kvm) == expected
    assert all(problem.severity == "warning" for problem in guests.acceleration(kvm, WANTED))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Packets(), []),
        (Packets(nftables_nat=False), []),
        (Packets((), nftables_nat=False, iptables_nat=False), []),
        (Packets(nftables_nat=False, iptables_nat=False), ["nat-missing"]),
        (Packets(policy="DROP"), []),
        (Packets(policy="DROP", iptables_nat=False), ["forward-drop"]),
        (Packets(dropping=("inet fw through",)), ["firewall-drops"]),
    ],
)
def test_packet_filters(seen: Packets, expected: list[str]) -> None:
    found = [id for judge in (packets.address_translation, packets.forwarding) for id in ids(judge, seen)]
    assert found == expected


def test_chains_of_others_that_drop_forwarded_packets() -> None:
    assert dropping_chains(CHAINS) == ("inet fw through",)
    assert dropping_chains("") == ()
