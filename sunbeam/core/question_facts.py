"""Defaults, choices and checks of questions: what this machine has to say about an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network

from sunbeam.core.detection.detected import Detected
from sunbeam.core.detection.interfaces import Interface
from sunbeam.core.manifest.model import External, Manifest
from sunbeam.core.question import Answers, Choice

SHIPPED = Manifest()
ADDRESS = "network.address"
EXTERNAL = "network.external"
INTERFACE = f"{EXTERNAL}.interface"
RANGE = f"{EXTERNAL}.range"
NAME_LENGTH = 60
SMALLEST_MTU = 1280
"""RFC 8200, 5."""


def shipped(value: object) -> Callable[[Answers, Detected], str]:
    """A default that no machine changes."""
    return lambda answers, detected: str(value)


def host_name(answers: Answers, detected: Detected) -> str:
    return detected.host_name[:NAME_LENGTH]


def own_address(answers: Answers, detected: Detected) -> str:
    return detected.address


def pod_range(answers: Answers, detected: Detected) -> str:
    return str(detected.free_range(SHIPPED.network.pods))


def resolvers(answers: Answers, detected: Detected) -> str:
    return ", ".join(detected.vm_resolvers)


def external_range(answers: Answers, detected: Detected) -> str:
    """A physical network has its own range, which nobody can guess."""
    return (
        "" if has_interface(answers, detected) else str(detected.free_range(SHIPPED.network.external.range))
    )


def mtu(answers: Answers, detected: Detected) -> str:
    """No more than what packets carry everywhere, no less than the smallest that IPv6 allows."""
    chosen = detected.interface(answers.get(INTERFACE, ""))
    carried = chosen.mtu if chosen else detected.network.mtu
    return str(min(max(carried, SMALLEST_MTU), SHIPPED.network.external.mtu))


def router(answers: Answers, detected: Detected) -> str:
    """The router of this machine where it is on the network that VMs are reached on."""
    gateway = detected.network.gateway
    within = gateway and has_interface(answers, detected) and _holds(answers.get(RANGE, ""), gateway)
    return gateway if within else ""


def pool_problem(value: str, answers: Answers, detected: Detected) -> str:
    """An address that VMs may get by ``value``, the last one, must not be somebody's already."""
    try:
        given = {key: answers.get(f"{EXTERNAL}.{key}") or None for key in ("range", "first")}
        first, last = External.model_validate({**given, "last": value or None}).pool
    except (ValueError, IndexError):
        return ""  # the manifest's rules tell what is wrong
    for address, whose in detected.network.taken(first, last, detected.resolvers).items():
        return f"from {first} to {last} VMs would get {address}, which {whose}"
    return ""


def has_interface(answers: Answers, detected: Detected) -> bool:
    return bool(answers.get(INTERFACE))


def has_proxy(answers: Answers, detected: Detected) -> bool:
    return bool(detected.proxy)


def interface_has_addresses(answers: Answers, detected: Detected) -> bool:
    chosen = detected.interface(answers.get(INTERFACE, ""))
    return chosen is not None and bool(chosen.addresses)


def yes_or_no(detected: Detected) -> Sequence[Choice]:
    return Choice("false", "no"), Choice("true", "yes")


def addresses(detected: Detected) -> Sequence[Choice]:
    """The IPv4 addresses of this machine, that of the default route first."""
    return tuple(
        Choice(
            address.partition("/")[0],
            f"on {interface.name}" + (", which carries the default route" if interface.default_route else ""),
        )
        for interface in detected.interfaces
        if not interface.name.startswith("sunbeam")
        for address in interface.addresses
        if ":" not in address
    )


def outward(detected: Detected) -> Sequence[Choice]:
    """This machine only, then each interface that can lead to a network outside."""
    interfaces = sorted(detected.interfaces, key=lambda each: bool(cost(each)))
    return (
        Choice("", "this machine only, by a network of its own"),
        *(
            Choice(each.name, f"your network there ({describe(each)})", cost(each))
            for each in interfaces
            if each.leads_outside
        ),
    )


def describe(interface: Interface) -> str:
    """``10 Gbit/s, 192.0.2.2/24``."""
    words = [interface.speed_text or interface.kind]
    words += [] if interface.carrier else ["no carrier"]
    words += interface.addresses[:1] or ["no address"]
    return ", ".join(words)


def cost(interface: Interface) -> str:
    """What this machine loses when the interface becomes a port of the external network."""
    child = interface.route_child
    cut_off = "this machine would be cut off from its network"
    if interface.default_route:
        return f"carries the default route: {cut_off}"
    if child and not child.stays:
        return f"carries the default route by {child} on it: {cut_off}"
    words = ["its addresses would no longer answer"] if interface.addresses else []
    words += [f"the default route is on its VLAN {child.name}, which would work on"] if child else []
    return "; ".join(words)


def interface_problem(value: str, answers: Answers, detected: Detected) -> str:
    if not value or "ip" in detected.missing:
        return ""
    interface = detected.interface(value)
    if interface is None:
        names = ", ".join(each.name for each in detected.interfaces if each.leads_outside)
        return f"there is no interface {value}" + (f"; there are {names}" if names else "")
    if interface.leads_outside or interface.master == "sunbeam-ext":
        return ""
    if interface.master:
        return f"{value} is a port of {interface.master}"
    if child := interface.seized_by:
        return f"{value} cannot be a port of a bridge: {child} is on it"
    return f"{value} is a {interface.kind}, which leads to no network outside"


def lose_problem(value: str, answers: Answers, detected: Detected) -> str:
    chosen = detected.interface(answers.get(INTERFACE, ""))
    if chosen is None or not chosen.addresses:
        return ""
    address = answers.get(ADDRESS) or detected.address
    if address in (each.partition("/")[0] for each in chosen.addresses):
        return f"{chosen.name} has {address}, the cloud's address: choose another interface or address"
    if value == "true":
        return ""
    return f"{chosen.name} has {', '.join(chosen.addresses)}: say true, or choose another interface"


def range_problem(value: str, answers: Answers, detected: Detected) -> str:
    taken = _taken(value, detected)
    return f"{value} is in use: {taken}" if taken else ""


def external_problem(value: str, answers: Answers, detected: Detected) -> str:
    """The range of a physical network may well be known on the interface that leads to it."""
    taken = _taken(value, detected)
    chosen = answers.get(INTERFACE, "")
    return f"{value} is in use: {taken}" if taken and not (chosen and taken.endswith(f" {chosen}")) else ""


def _holds(range_: str, address: str) -> bool:
    try:
        return IPv4Address(address) in IPv4Network(range_)
    except ValueError:
        return False


def _taken(value: str, detected: Detected) -> str:
    """What overlaps the range; what is no range is for the manifest to tell."""
    try:
        return detected.in_use(IPv4Network(value))
    except ValueError:
        return ""
