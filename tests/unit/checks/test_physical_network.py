from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from sunbeam.checks import physical_network
from sunbeam.checks.networks import Networks
from sunbeam.checks.wanted import Wanted
from sunbeam.core.detection.children import Child
from sunbeam.core.detection.interfaces import Interface
from sunbeam.substrates.embedded.network import NetworkPlan
from tests.unit.checks.seen import NETWORK, ids

OUTSIDE = NetworkPlan(external=IPv4Network("192.0.2.0/24"), lose_addresses=True)
VLAN, MACVLAN = Child("eth1.7", "vlan", default_route=True), Child("m0", "macvlan", default_route=True)


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        (Interface("eth1", carrier=True), []),
        (Interface("eth9", carrier=True), ["interface-missing"]),
        (Interface("eth1"), ["interface-without-link"]),
        (Interface("eth1", carrier=True, default_route=True), ["interface-carries-default-route"]),
        (Interface("eth1", carrier=True, children=(VLAN,)), ["interface-carries-default-route"]),
        (
            Interface("eth1", carrier=True, children=(MACVLAN,)),
            ["interface-unfit", "interface-carries-default-route"],
        ),
        (Interface("eth1", carrier=True, children=(Child("i0", "ipvlan"),)), ["interface-unfit"]),
        (Interface("eth1", carrier=True, children=(Child("eth1.9", "vlan"),)), []),
        (Interface("eth1", carrier=True, master="bond0"), ["interface-enslaved"]),
        (Interface("eth1", "bridge", carrier=True), ["interface-unfit"]),
        (Interface("eth1", carrier=True, addresses=("192.0.2.7/24",)), ["interface-has-addresses"]),
        (Interface("eth1", carrier=True, master="sunbeam-ext"), []),
    ],
)
def test_the_external_interface(interface: Interface, expected: list[str]) -> None:
    seen = Networks(NETWORK, (interface,))
    assert ids(physical_network.external_interface, seen, Wanted(interface="eth1")) == expected


@pytest.mark.parametrize(("child", "why"), [(VLAN, "its VLAN works on"), (MACVLAN, "cuts this machine off")])
def test_the_child_with_the_default_route_is_named(child: Child, why: str) -> None:
    seen = Networks(NETWORK, (Interface("eth1", carrier=True, children=(child,)),))
    *_, told = physical_network.external_interface(seen, Wanted(interface="eth1"))
    assert told.evidence == f"the default route leads through {child}, which is on it"
    assert why in told.why


def test_instead_of_the_way_out_another_interface_can_be_chosen() -> None:
    seen = Networks(NETWORK, (Interface("eth1", carrier=True, default_route=True),))
    (problem,) = physical_network.external_interface(seen, Wanted(interface="eth1"))
    assert problem.next_command == "ip -brief link"


@pytest.mark.parametrize(("address", "expected"), [("192.0.2.7", ["cloud-address-lost"]), ("192.0.2.9", [])])
def test_the_interface_must_not_have_the_cloud_s_address(address: str, expected: list[str]) -> None:
    seen = Networks(NETWORK, (Interface("eth1", carrier=True, addresses=("192.0.2.7/24",)),))
    wanted = Wanted(network=OUTSIDE, interface="eth1", address=address)
    assert ids(physical_network.external_interface, seen, wanted) == expected


@pytest.mark.parametrize(
    ("first", "last", "interface", "taken"),
    [
        ("192.0.2.100", "192.0.2.199", "eth1", []),
        ("192.0.2.1", "192.0.2.3", "eth1", ["192.0.2.1 is the router"]),
        ("192.0.2.8", "192.0.2.20", "eth1", ["192.0.2.8 is an address"]),
        ("192.0.2.50", "192.0.2.60", "eth1", ["192.0.2.53 is a resolver"]),
        ("192.0.2.1", "192.0.2.60", "eth1", ["192.0.2.8", "192.0.2.1", "192.0.2.53"]),
        ("192.0.2.1", "192.0.2.60", "", []),
    ],
)
def test_vms_get_no_address_that_is_taken(first: str, last: str, interface: str, taken: list[str]) -> None:
    facts = replace(NETWORK, addresses=("192.0.2.8", "203.0.113.1"), gateway="192.0.2.1")
    seen = Networks(facts, resolvers=("192.0.2.53", "fd00::1"))
    wanted = Wanted(network=OUTSIDE, interface=interface, pool=(IPv4Address(first), IPv4Address(last)))
    found = list(physical_network.external_pool(seen, wanted))
    assert [problem.id for problem in found] == ["pool-taken"] * bool(taken)
    assert all(each in found[0].evidence for each in taken)
