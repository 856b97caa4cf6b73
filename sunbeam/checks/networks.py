"""Ranges, routes, interfaces and packet sizes of the networks that a cloud makes and uses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import BOOTSTRAP, Wanted
from sunbeam.core.detection.detected import resolvers
from sunbeam.core.detection.interfaces import Interface, interfaces
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.network_facts import NetworkFacts, Range, free_range, overlap, overlapping

POINT_TO_POINT = 512
NO_LINK_LAYER = 65534
"""Kinds of links as /sys/class/net/NAME/type tells them: PPP; WireGuard and tun."""


@dataclass(frozen=True)
class Networks:
    """``tunnel``: the interface of the default route is a VPN's; ``resolvers``: their addresses."""

    facts: NetworkFacts
    interfaces: tuple[Interface, ...] = ()
    tunnel: bool = False
    iproute: bool = True
    resolvers: tuple[str, ...] = ()


async def networks(context: CheckContext) -> Networks:
    facts, version = await asyncio.gather(context.network(), context.probe.answer("ip", "-Version"))
    found = await interfaces(context.probe, context.root) if context.wanted.interface else ()
    tunnel = _is_tunnel(context.root / "sys/class/net" / facts.interface)
    return Networks(facts, found, tunnel, bool(version), resolvers(context.root))


def _is_tunnel(link: Path) -> bool:
    try:
        kind = int((link / "type").read_text())
    except (OSError, ValueError):
        return False
    return kind in (POINT_TO_POINT, NO_LINK_LAYER) or (link / "tun_flags").exists()


def ranges(seen: Networks, wanted: Wanted) -> Iterator[Problem]:
    """Pods, the external network, the demo project and the networks of this machine do not overlap."""
    if not seen.iproute:
        yield Problem(
            "networks cannot be looked at",
            where="ip",
            why="whether ranges and ports are free is not known",
            evidence="iproute2 is not installed",
            next_command="apt-get install iproute2",
            severity="warning",
            id="iproute-missing",
        )
    plan, facts = wanted.network, _without(seen.facts, wanted.interface)
    own = (plan.pod_bridge, plan.external_bridge)
    for word, network in (("pod", plan.pods), ("external", plan.external)):
        resolver = _resolver(seen, wanted, network)
        if wanted.installed:
            yield from _intruders(word, network, overlapping(facts, network, own), resolver)
        elif taken := overlap(facts, network, own) or resolver:
            yield _taken(word, network, taken, free_range(facts, own, plan.pods, plan.external))
    if plan.pods.overlaps(plan.external):
        yield _taken(
            "pod",
            plan.pods,
            f"{plan.external}, the external range",
            free_range(facts, own, plan.external),
        )
    if wanted.demo.overlaps(plan.external):
        free = free_range(facts, own, plan.pods, plan.external)
        yield Problem(
            f"the demo project's range {wanted.demo} is in use",
            where=f"{plan.external}, the external range",
            why="its router could not tell the two apart",
            evidence=f"{wanted.demo} overlaps {plan.external}",
            next_command=f"set demo.network.range in the manifest, for example to {free or 'RANGE'}",
            id="range-taken",
        )
    elif taken := overlap(facts, wanted.demo, own):
        yield Problem(
            f"the demo project's range {wanted.demo} is also this machine's",
            where=taken,
            why="VMs of that project will not reach it",
            evidence=f"{wanted.demo} overlaps {taken}",
            next_command="set demo.network.range in the manifest",
            severity="warning",
            id="demo-range-taken",
        )


def _without(facts: NetworkFacts, interface: str) -> NetworkFacts:
    """The external network is to be on that interface: its addresses there are no obstacle."""
    return replace(facts, ranges=tuple(each for each in facts.ranges if each.interface != (interface or "-")))


def _resolver(seen: Networks, wanted: Wanted, network: IPv4Network) -> str:
    """A resolver of this machine in ``network``; that of a physical network may have one."""
    physical = bool(wanted.interface) and network == wanted.network.external
    within = [each for each in seen.resolvers if ":" not in each and IPv4Address(each) in network]
    return f"the resolver {within[0]} of this machine" if within and not physical else ""


def _taken(word: str, network: IPv4Network, taken: str, free: IPv4Network | None) -> Problem:
    return Problem(
        f"the {word} range {network} is in use",
        where=taken,
        why="packets could not be told apart",
        evidence=f"{network} overlaps {taken}",
        next_command=f"{BOOTSTRAP} --{word}-range {free or 'RANGE'}",
        id="range-taken",
    )


def _intruders(
    word: str, network: IPv4Network, foreign: tuple[Range, ...], resolver: str
) -> Iterator[Problem]:
    """What came to be within the range of a cloud that is there: its ranges cannot change any more.

    Packets follow the narrowest network: a wider one loses a few addresses to the cloud, others take from it.
    """
    for each in foreign:
        wider = each.network.prefixlen < network.prefixlen
        yield Problem(
            f"the {word} range {network} is within another network of this machine"
            if wider
            else f"the {word} range {network} is in use",
            where=str(each),
            why=f"the cloud takes all packets to {network}; hosts there are out of reach"
            if wider
            else "packets to the cloud may go there instead",
            evidence=f"{network} overlaps {each}",
            next_command="go on, unless you need hosts at these addresses"
            if wider
            else f"end what made it, such as a VPN, or: ip route delete {each.network}",
            severity="warning" if wider else "error",
            id="range-taken",
        )
    if resolver:
        yield Problem(
            f"the {word} range {network} has the address of a nameserver",
            where=resolver,
            why="the cloud has this range, so that questions never reach the nameserver",
            evidence=f"{resolver} is in {network}",
            next_command="give this machine another nameserver",
            id="range-taken",
        )


def routes(seen: Networks, wanted: Wanted) -> Iterator[Problem]:
    """There is a default route, it leads into no VPN, and the cloud's address is this machine's."""
    if not seen.facts.interface:
        yield Problem(
            "no default route",
            where="ip route",
            why="packages could not be fetched, and guests could not reach anything outside",
            evidence="ip route shows none",
            next_command="ip route",
            severity="warning",
            id="no-default-route",
        )
    elif seen.tunnel:
        yield Problem(
            f"the default route leads into the VPN {seen.facts.interface}",
            where="ip route",
            why="the cloud's address changes, and guests lose the outside, when the VPN ends",
            evidence=f"default via {seen.facts.gateway or 'no gateway'} on {seen.facts.interface}, a tunnel",
            next_command="end the VPN" if wanted.installed else f"{BOOTSTRAP} --address ADDRESS",
            severity="warning",
            id="vpn-default-route",
        )
    known = {"127.0.0.1", seen.facts.address, ""}
    if wanted.address not in known and not seen.facts.has_address(wanted.address):
        yield Problem(
            f"the cloud's address {wanted.address} is not this machine's",
            where="ip address",
            why="users reach the cloud only if somebody translates that address",
            evidence=f"the default route's address is {seen.facts.address or 'none'}",
            next_command=f"ip address add {wanted.address}/32 dev {seen.facts.interface or 'lo'}"
            if wanted.installed
            else f"{BOOTSTRAP} --address {seen.facts.address or 'ADDRESS'}",
            severity="warning",
            id="address-not-here",
        )


def packet_size(seen: Networks, wanted: Wanted) -> Iterator[Problem]:
    """The interface of the default route carries packets as large as VMs are told."""
    if seen.facts.interface and seen.facts.mtu < wanted.mtu:
        yield Problem(
            f"{seen.facts.interface} carries packets of {seen.facts.mtu} bytes, VMs send {wanted.mtu}",
            where=seen.facts.interface,
            why="large answers may be lost on the way in and out",
            evidence=f"its MTU is {seen.facts.mtu}",
            next_command=f"set network.external.mtu in the manifest to {seen.facts.mtu}",
            severity="warning",
            id="mtu-small",
        )
