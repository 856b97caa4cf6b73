"""The network interfaces of this machine, from `ip` and /sys."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sunbeam.core.detection.children import Child, children
from sunbeam.substrates.embedded.network_facts import hops
from sunbeam.substrates.embedded.probes import Probe

OUTWARD = {"physical", "bond", "team", "vlan", "macvlan", "veth"}
"""Kinds that can lead to a network outside of this machine."""


@dataclass(frozen=True)
class Interface:
    """``speed`` is in Mbit/s (0: unknown), ``addresses`` have their prefix; it is a port of ``master``.

    ``kind`` is ``physical``, ``wireless`` or the kernel's word: bond, bridge, vlan, veth and so on.
    ``default_route``: a default route names it; by ``children`` it may carry one all the same.
    """

    name: str
    kind: str = "physical"
    mac: str = ""
    carrier: bool = False
    speed: int = 0
    mtu: int = 1500
    addresses: tuple[str, ...] = ()
    default_route: bool = False
    master: str = ""
    children: tuple[Child, ...] = ()

    @property
    def outward(self) -> bool:
        """Whether a network outside may be reached through it, and it is no port already."""
        return self.kind in OUTWARD and not self.master

    @property
    def leads_outside(self) -> bool:
        """Whether it may become a port of a bridge of ours."""
        return self.outward and self.seized_by is None

    @property
    def seized_by(self) -> Child | None:
        """A child with which it cannot be a port of a bridge."""
        return next((child for child in self.children if child.seizes), None)

    @property
    def route_child(self) -> Child | None:
        """A child by which it carries the default route, rather one that is lost than one that stays."""
        carriers = [child for child in self.children if child.default_route]
        return min(carriers, key=lambda child: child.stays, default=None)

    @property
    def speed_text(self) -> str:
        """``10 Gbit/s``; empty if unknown."""
        if self.speed >= 1000:
            return f"{self.speed / 1000:g} Gbit/s"
        return f"{self.speed} Mbit/s" if self.speed else ""


async def interfaces(probe: Probe, root: Path = Path("/")) -> tuple[Interface, ...]:
    """All but loopback, the one with the default route first, those without carrier last."""
    shown = json.loads(await probe.output("ip", "-json", "-details", "address") or "[]")
    routes = [
        *json.loads(await probe.output("ip", "-json", "-4", "route", "show", "default") or "[]"),
        *json.loads(await probe.output("ip", "-json", "-6", "route", "show", "default") or "[]"),
    ]
    leading = {str(hop.get("dev", "")) for route in routes for hop in hops(route)}
    above = children(shown, leading, root)
    found = [
        replace(_interface(each, leading, root), children=above.get(str(each["ifname"]), ()))
        for each in shown
        if each.get("link_type") == "ether"
    ]
    return tuple(sorted(found, key=lambda each: (not each.default_route, not each.carrier)))


def _interface(shown: dict[str, Any], leading: set[str], root: Path) -> Interface:
    name = str(shown["ifname"])
    return Interface(
        name=name,
        kind=_kind(shown, root),
        mac=str(shown.get("address", "")),
        carrier="LOWER_UP" in shown.get("flags", ()),
        speed=_speed(root / "sys/class/net" / name / "speed"),
        mtu=int(shown.get("mtu", 1500)),
        addresses=tuple(
            f"{info['local']}/{info['prefixlen']}"
            for info in shown.get("addr_info", ())
            if info.get("scope") != "link"
        ),
        default_route=name in leading,
        master=str(shown.get("master", "")),
    )


def _kind(shown: dict[str, Any], root: Path) -> str:
    """A wireless interface cannot be a port of a bridge, so it matters."""
    if (root / "sys/class/net" / str(shown["ifname"]) / "wireless").exists():
        return "wireless"
    return str(shown.get("linkinfo", {}).get("info_kind", "physical"))


def _speed(file: Path) -> int:
    """The kernel says -1, or refuses, where a speed means nothing."""
    try:
        return max(0, int(file.read_text()))
    except (OSError, ValueError):
        return 0
