"""The network outside that VMs are reached on: its interface, and whose its addresses are."""

from __future__ import annotations

from collections.abc import Iterator

from sunbeam.checks.networks import Networks
from sunbeam.checks.wanted import BOOTSTRAP, Wanted
from sunbeam.core.detection.interfaces import Interface
from sunbeam.core.errors import Problem


def external_pool(seen: Networks, wanted: Wanted) -> Iterator[Problem]:
    """No address that VMs of a physical network may get is this machine's, its router's or a resolver's."""
    if not wanted.interface or wanted.pool is None:
        return
    first, last = wanted.pool
    within = seen.facts.taken(first, last, seen.resolvers)
    if within:
        yield Problem(
            f"VMs could get {', '.join(within)}, from {first} to {last}",
            where="network.external.first and network.external.last",
            why="two with one address on a network lose their packets to each other",
            evidence="; ".join(f"{address} {whose}" for address, whose in within.items()),
            next_command="set network.external.first and last in the manifest to addresses that nobody has",
            id="pool-taken",
        )


def external_interface(seen: Networks, wanted: Wanted) -> Iterator[Problem]:
    """The interface of the external network is there, has a link, and is not this machine's way out."""
    if not wanted.interface:
        return
    found = next((each for each in seen.interfaces if each.name == wanted.interface), None)
    where = f"network.external.interface: {wanted.interface}"
    if found is None:
        names = ", ".join(each.name for each in seen.interfaces if each.leads_outside) or "none"
        yield Problem(
            f"there is no interface {wanted.interface}",
            where=where,
            why="the external network is to be reached through it",
            evidence=f"there are: {names}",
            next_command="ip -brief link",
            id="interface-missing",
        )
        return
    if not found.outward and not found.master:
        yield Problem(
            f"the interface {wanted.interface} leads to no network outside",
            where=where,
            why="the external network is to be reached through it",
            evidence=f"it is of the kind {found.kind}",
            next_command="ip -brief link",
            id="interface-unfit",
        )
    elif (child := found.seized_by) and not found.master:
        yield Problem(
            f"the interface {wanted.interface} cannot be a port of a bridge",
            where=where,
            why="the external network is a bridge, and what is on the interface needs all its packets",
            evidence=f"{child} is on it",
            next_command="ip -brief link",
            id="interface-unfit",
        )
    if not found.carrier:
        yield Problem(
            f"the interface {wanted.interface} has no link",
            where=where,
            why="nothing outside reaches VMs through it",
            evidence="no carrier: no cable, or it is down",
            next_command=f"ip link set {wanted.interface} up",
            severity="warning",
            id="interface-without-link",
        )
    if found.addresses and not wanted.network.lose_addresses and not found.master:
        yield Problem(
            f"the interface {wanted.interface} has addresses",
            where=where,
            why="it no longer answers at them as a port of the external network",
            evidence=", ".join(found.addresses),
            next_command="choose another interface, or set network.external.lose_addresses to true",
            id="interface-has-addresses",
        )
    elif wanted.address in (each.partition("/")[0] for each in found.addresses):
        yield Problem(
            f"the cloud's address {wanted.address} is on the interface {wanted.interface}",
            where=where,
            why="the interface loses it as a port of the external network, and nobody reaches the cloud",
            evidence=f"{wanted.interface} has {', '.join(found.addresses)}",
            next_command=f"choose another interface, or: {BOOTSTRAP} --address ADDRESS, of another interface",
            id="cloud-address-lost",
        )
    if found.default_route or found.route_child:
        yield _way_out(found, where)
    if found.master and found.master != wanted.network.external_bridge:
        yield Problem(
            f"the interface {wanted.interface} belongs to {found.master}",
            where=where,
            why="an interface is a port of one bridge or bond only",
            evidence=f"master {found.master}",
            next_command="ip -brief link",
            id="interface-enslaved",
        )


def _way_out(found: Interface, where: str) -> Problem:
    """``found`` carries the default route, itself or by a child."""
    child = None if found.default_route else found.route_child
    stays = child is not None and child.stays
    return Problem(
        f"the interface {found.name} is this machine's way out",
        where=where,
        why="its VLAN works on, and shares the cable with what VMs send"
        if stays
        else "as a port of the external network it cuts this machine off until the cloud is stopped",
        evidence=f"the default route leads through {child}, which is on it"
        if child
        else f"the default route and {', '.join(found.addresses) or 'no address'} are on it",
        next_command="ip -brief link",
        severity="warning",
        id="interface-carries-default-route",
    )
