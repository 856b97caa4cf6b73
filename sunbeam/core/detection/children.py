"""What is on top of each network interface: VLANs, macvlans, PPPoE sessions, and bridges and bonds of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PPPOE = "pppoe"
SEIZING = {"macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", PPPOE}
"""Kinds that a port of a bridge cannot have as children.

The kernel refuses all but PPPoE ("Device or resource busy"), of which the bridge would take the packets.
"""
PAIRS = {"veth", "netkit"}
"""Kinds whose ``link`` is the other end, not what is below."""
SESSIONS = "proc/net/pppoe"


@dataclass(frozen=True)
class Child:
    """A device on top of an interface, which may be one of several below it.

    ``kind`` is the kernel's word: vlan, macvlan, bond, bridge and so on, or ``pppoe``.
    ``default_route``: the world is reached through it, or through what is on top of it.
    """

    name: str
    kind: str
    default_route: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    @property
    def seizes(self) -> bool:
        """Whether an interface that has it cannot be a port of a bridge."""
        return self.kind in SEIZING

    @property
    def stays(self) -> bool:
        """Whether it works on over a port of a bridge: the kernel sorts out VLANs before the bridge."""
        return self.kind == "vlan"


def children(
    shown: Sequence[dict[str, Any]], leading: set[str], root: Path
) -> Mapping[str, tuple[Child, ...]]:
    """Those of each device of ``ip -details -json``, by its name; a default route names ``leading``."""
    below = _below(shown, root)
    carrying = _with_all_below(leading, below)
    known = [Child(str(each["ifname"]), _kind(each), each["ifname"] in carrying) for each in shown]
    return {
        lower: tuple(child for child in known if lower in below[child.name])
        for lower in set[str]().union(*below.values())
    }


def _below(shown: Sequence[dict[str, Any]], root: Path) -> Mapping[str, set[str]]:
    """What each device is directly on top of: its ``link``, its ports, or what PPPoE sessions go through.

    The kernel does not tell whose a session is.
    """
    below: dict[str, set[str]] = {str(each["ifname"]): set() for each in shown}
    for each in shown:
        name, kind = str(each["ifname"]), _kind(each)
        if each.get("link") and kind not in PAIRS:
            below[name].add(str(each["link"]))
        if kind == PPPOE:
            below[name] |= _session_devices(root)
        if each.get("master") in below:
            below[each["master"]].add(name)
    return below


def _kind(shown: dict[str, Any]) -> str:
    if shown.get("link_type") == "ppp":
        return PPPOE
    return str(shown.get("linkinfo", {}).get("info_kind", "physical"))


def _session_devices(root: Path) -> set[str]:
    """The last column below a heading; no file without PPPoE."""
    try:
        lines = (root / SESSIONS).read_text().splitlines()[1:]
    except OSError:
        return set()
    return {line.split()[-1] for line in lines if line.strip()}


def _with_all_below(names: Iterable[str], below: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += below.get(name, ())
    return found
