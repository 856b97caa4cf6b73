"""Which addresses, routes and ports of this machine are taken, as iproute2 tells."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from sunbeam.substrates.embedded.probes import Probe

PRIVATE = (IPv4Network("10.77.0.0/16"), IPv4Network("172.28.0.0/14"), IPv4Network("192.168.0.0/16"))
"""Where a range that nobody uses is looked for."""


@dataclass(frozen=True)
class Listener:
    """A TCP port somebody listens on; ``program`` is empty if the kernel does not tell whose it is."""

    port: int
    address: str
    program: str = ""
    pid: int = 0


@dataclass(frozen=True)
class Range:
    """A network in use, and the interface it is on."""

    network: IPv4Network
    interface: str

    def __str__(self) -> str:
        return f"{self.network} on {self.interface}"


@dataclass(frozen=True)
class NetworkFacts:
    """``interface``, ``address``, ``gateway`` and ``mtu`` are those of the default route's first way."""

    interface: str = ""
    address: str = ""
    gateway: str = ""
    mtu: int = 1500
    ranges: tuple[Range, ...] = ()
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[str, ...] = ()

    def has_address(self, address: str) -> bool:
        return address in self.addresses

    def taken(self, first: IPv4Address, last: IPv4Address, resolvers: Sequence[str]) -> dict[str, str]:
        """Addresses from ``first`` to ``last`` that are known to be somebody's, with whose each is."""
        known = [(address, "is an address of this machine") for address in self.addresses]
        known += [(self.gateway, "is the router of this machine's default route")]
        known += [(address, "is a resolver of this machine") for address in resolvers]
        return {
            address: whose
            for address, whose in known
            if address and ":" not in address and first <= IPv4Address(address) <= last
        }


async def gather(probe: Probe) -> NetworkFacts:
    interfaces = _json(await probe.output("ip", "-json", "-4", "address"))
    routes = _json(await probe.output("ip", "-json", "-4", "route"))
    listeners = listeners_of(await probe.output("ss", "-Hltnp"))
    defaults = [route for route in routes if route["dst"] == "default"]
    default = min(defaults, key=lambda route: int(route.get("metric", 0)), default={})
    hop = hops(default)[0]
    name = hop.get("dev", "")
    interface = next((each for each in interfaces if each["ifname"] == name), {})
    first = next((each["local"] for each in interface.get("addr_info", [])), "")
    return NetworkFacts(
        interface=name,
        address=default.get("prefsrc") or first,
        gateway=hop.get("gateway", ""),
        mtu=interface.get("mtu", 1500),
        ranges=tuple(_ranges(interfaces, routes)),
        listeners=listeners,
        addresses=tuple(info["local"] for each in interfaces for info in each["addr_info"]),
    )


def hops(route: dict[str, Any]) -> list[dict[str, Any]]:
    """What names the interface and gateway of a route of iproute2: itself, or each of several ways."""
    return list(route.get("nexthops") or [route])


def overlap(facts: NetworkFacts, wanted: IPv4Network, own: tuple[str, ...]) -> str:
    """The first of ``overlapping`` in words; empty: none."""
    return next((str(each) for each in overlapping(facts, wanted, own)), "")


def overlapping(facts: NetworkFacts, wanted: IPv4Network, own: tuple[str, ...]) -> tuple[Range, ...]:
    """Networks and routes other than those of ``own`` interfaces that overlap ``wanted``.

    Half of all addresses is how a VPN writes its default route.
    """
    return tuple(
        each
        for each in facts.ranges
        if each.network.prefixlen > 1 and each.interface not in own and each.network.overlaps(wanted)
    )


def free_range(facts: NetworkFacts, own: tuple[str, ...], *others: IPv4Network) -> IPv4Network | None:
    """The first private range of 256 addresses that neither this machine nor the ``others`` use."""
    candidates = (each for private in PRIVATE for each in private.subnets(new_prefix=24))
    free = (
        each
        for each in candidates
        if not any(each.overlaps(other) for other in others) and not overlap(facts, each, own)
    )
    return next(free, None)


def _ranges(interfaces: list[dict[str, Any]], routes: list[dict[str, Any]]) -> list[Range]:
    found: dict[Range, None] = {}
    for interface in interfaces:
        for info in interface["addr_info"]:
            network = IPv4Network(f"{info['local']}/{info['prefixlen']}", strict=False)
            found[Range(network, interface["ifname"])] = None
    for route in routes:
        if route["dst"] != "default":
            network = IPv4Network(route["dst"], strict=False)
            found.update((Range(network, hop.get("dev", "")), None) for hop in hops(route))
    return list(found)


def listeners_of(text: str) -> tuple[Listener, ...]:
    found = []
    for line in text.splitlines():
        words = line.split()
        address, _, port = words[3].rpartition(":")
        who = re.search(r'\(\("([^"]+)",pid=(\d+)', line)
        program, pid = (who.group(1), int(who.group(2))) if who else ("", 0)
        found.append(Listener(int(port), address, program, pid))
    return tuple(found)


def _json(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text or "[]"))
