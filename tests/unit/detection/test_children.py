"""What is on top of an interface, by the JSON of `ip`, cut to what is read of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.detection.children import Child
from sunbeam.core.detection.interfaces import Interface, interfaces
from sunbeam.core.question_facts import cost
from sunbeam.substrates.embedded.probes import Probe
from tests.unit.detection.recorded import folder, machine


def link(name: str, kind: str = "", **more: Any) -> dict[str, Any]:
    """``kind`` is empty for a device of hardware."""
    made = {"linkinfo": {"info_kind": kind}} if kind else {}
    return {"ifname": name, "link_type": "ether", "flags": ["LOWER_UP"], "addr_info": [], **made, **more}


def look(root: Path, leading: str, *shown: dict[str, Any]) -> dict[str, Interface]:
    processes = machine(addresses=[*shown], routes=[{"dst": "default", "dev": leading}])
    return {each.name: each for each in asyncio.run(interfaces(Probe(processes), folder(root)))}


@pytest.mark.parametrize("kind", ["macvlan", "ipvlan", "macsec"])
def test_what_seizes_an_interface_makes_it_unfit(kind: str, tmp_path: Path) -> None:
    found = look(tmp_path, "m0", link("d0"), link("m0", kind, link="d0"))
    assert found["d0"].children == (Child("m0", kind, True),)
    assert not found["d0"].leads_outside and found["d0"].outward and not found["d0"].default_route
    assert cost(found["d0"]).startswith(f"carries the default route by m0 ({kind}) on it: this machine")


def test_a_vlan_with_the_default_route_works_on(tmp_path: Path) -> None:
    found = look(tmp_path, "d0.7", link("d0"), link("d0.7", "vlan", link="d0"))
    assert found["d0"].leads_outside and found["d0"].route_child == Child("d0.7", "vlan", True)
    assert cost(found["d0"]) == "the default route is on its VLAN d0.7, which would work on"


def test_a_bond_and_its_ports_carry_what_a_vlan_of_the_bond_does(tmp_path: Path) -> None:
    bonded = [link("eno1", master="bond0"), link("eno2", master="bond0"), link("bond0", "bond")]
    found = look(tmp_path, "bond0.7", *bonded, link("bond0.7", "vlan", link="bond0"), link("eno3"))
    assert found["bond0"].route_child == Child("bond0.7", "vlan", True)
    assert found["eno1"].route_child == found["eno2"].route_child == Child("bond0", "bond", True)
    assert found["eno3"].children == ()


def test_a_bridge_over_a_vlan_is_followed_down(tmp_path: Path) -> None:
    found = look(
        tmp_path, "br0", link("d0"), link("d0.7", "vlan", link="d0", master="br0"), link("br0", "bridge")
    )
    assert found["d0"].route_child == Child("d0.7", "vlan", True)


def test_a_child_that_is_lost_comes_before_one_that_stays(tmp_path: Path) -> None:
    upper = [link("d0.7", "vlan", link="d0", master="br0"), link("g0", "gretap", link="d0", master="br0")]
    found = look(tmp_path, "br0", link("d0"), *upper, link("br0", "bridge"))
    assert found["d0"].route_child == Child("g0", "gretap", True)


def test_a_pppoe_session_is_on_the_device_that_it_goes_through(tmp_path: Path) -> None:
    sessions = folder(tmp_path) / "proc/net/pppoe"
    sessions.parent.mkdir(parents=True)
    sessions.write_text("Id       Address              Device\n00000001 52:54:00:00:00:09     d0.7\n")
    session = link("ppp0", "ppp", link_type="ppp")
    found = look(tmp_path, "ppp0", link("d0"), link("d0.7", "vlan", link="d0"), session)
    assert found["d0.7"].seized_by == Child("ppp0", "pppoe", True) and not found["d0.7"].leads_outside
    assert found["d0"].route_child == Child("d0.7", "vlan", True) and found["d0"].leads_outside
    sessions.unlink()
    assert look(tmp_path, "ppp0", link("d0"), session)["d0"].children == ()


def test_the_other_end_of_a_pair_is_no_child(tmp_path: Path) -> None:
    pair = [link("v0", "veth", link="v1"), link("v1", "veth", link="v0")]
    assert look(tmp_path, "v0", *pair)["v1"].children == ()


def test_a_device_whose_lower_one_is_elsewhere_is_on_nothing_here(tmp_path: Path) -> None:
    """In a container: the number is one of the namespace outside."""
    outside = link("eth0", "macvlan", ifindex=2, link_index=3, link_netnsid=0)
    assert look(tmp_path, "eth0", outside, link("d0", ifindex=3))["d0"].children == ()
