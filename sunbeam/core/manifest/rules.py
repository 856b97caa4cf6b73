"""What a manifest must hold beyond the type of each key: ranges that fit, charms and options that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network
from typing import NamedTuple

from sunbeam.core.manifest import software
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.references import holds_reference
from sunbeam.core.manifest.tree import Step, dotted, spelled
from sunbeam.core.proxy import PROXY_URL

LARGEST_PREFIX = 26
"""The smallest range of pods, and of floating addresses where nothing is said about them: 64 addresses."""
RESERVED_PROJECTS = {"admin", "service"}
RESERVED_USERS = {"admin"}

RESERVED = (IPv4Network("0.0.0.0/8"), IPv4Network("127.0.0.0/8"), IPv4Network("224.0.0.0/3"))
"""This network, this machine itself, multicast and reserved: RFC 6890."""

REFERENCE = "write ${file:PATH} or ${env:NAME}"

Wrong = tuple[tuple[Step, ...], str]
"""The key that is wrong, and why."""


class Broken(NamedTuple):
    """``path`` is the key that is wrong; ``reads`` are those on which that depends."""

    path: tuple[Step, ...]
    text: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """``reads``: keys that must be right by themselves before the rule can judge."""

    check: Callable[[Manifest], Iterator[Wrong]]
    reads: tuple[str, ...] = ()


def broken_rules(manifest: Manifest, wrong_already: Sequence[Sequence[Step]] = ()) -> Iterator[Broken]:
    """What no rule allows.  Rules that read a key of ``wrong_already`` are left out."""
    wrong = [".".join(str(step) for step in path) for path in wrong_already]
    for rule in RULES:
        if not any(_overlap(key, each) for key in rule.reads for each in wrong):
            for path, text in rule.check(manifest):
                yield Broken(path, text, rule.reads)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _pods(manifest: Manifest) -> Iterator[Wrong]:
    pods = manifest.network.pods
    if pods.prefixlen > LARGEST_PREFIX:
        yield ("network", "pods"), f"{pods} is too small: pods need 64 addresses or more (/{LARGEST_PREFIX})"


def _external(manifest: Manifest) -> Iterator[Wrong]:
    external = manifest.network.external
    path = ("network", "external")
    if external.range.prefixlen > 30:
        yield (*path, "range"), f"{external.range} has no addresses for VMs"
        return
    if external.range.prefixlen > LARGEST_PREFIX and not (external.first and external.last):
        yield (
            (*path, "range"),
            f"{external.range} is smaller than 64 addresses (/{LARGEST_PREFIX}): then say first and last too",
        )
        return
    usable = external.range[1], external.range[-2]
    for key in ("gateway", "first", "last"):
        address = getattr(external, key)
        if address is not None and not usable[0] <= address <= usable[1]:
            yield (*path, key), f"{address} is not between {usable[0]} and {usable[1]} of {external.range}"
    first, last = external.pool
    if first > last:
        yield (*path, "last"), f"the last address {last} is before the first one, {first}"
    elif first <= external.router <= last:
        key = "gateway" if external.gateway else "first"
        yield (*path, key), f"the gateway {external.router} is among the addresses of VMs ({first} to {last})"


def _ranges(manifest: Manifest) -> list[tuple[tuple[str, ...], IPv4Network]]:
    return [
        (("network", "pods"), manifest.network.pods),
        (("network", "external", "range"), manifest.network.external.range),
        (("demo", "network", "range"), manifest.demo.network.range),
    ]


def _reserved(manifest: Manifest) -> Iterator[Wrong]:
    for path, range_ in _ranges(manifest):
        if any(range_.overlaps(each) for each in RESERVED):
            yield path, f"no machine can have an address of {range_}"


def _overlaps(manifest: Manifest) -> Iterator[Wrong]:
    ranges = _ranges(manifest)
    for place, (path, range_) in enumerate(ranges):
        for other_path, other in ranges[:place]:
            if range_.overlaps(other):
                ours, theirs = f"{range_} of {dotted(path)}", f"{other} of {dotted(other_path)}"
                yield path, f"{ours} overlaps {theirs}"


def _address(manifest: Manifest) -> Iterator[Wrong]:
    address = manifest.network.address
    if address is not None and not address.is_loopback and any(address in each for each in RESERVED):
        yield ("network", "address"), f"{address} is no address of a machine"
    if address is not None and address in manifest.network.pods:
        yield ("network", "address"), f"{address} is inside the range of pods, {manifest.network.pods}"


def _proxy(manifest: Manifest) -> Iterator[Wrong]:
    """What is wrong is not repeated here: it may hold a password."""
    for key in ("http", "https"):
        url = getattr(manifest.proxy, key)
        if not url or holds_reference(url):
            continue
        if not PROXY_URL.fullmatch(url):
            yield ("proxy", key), "this is no URL of a proxy such as http://proxy.example.org:3128"
        elif ":" in url.rpartition("@")[0].partition("//")[2]:
            yield ("proxy", key), f"a password belongs outside the manifest: {REFERENCE}"


def _charms(manifest: Manifest) -> Iterator[Wrong]:
    known = software.charms()
    for name, charm in manifest.software.charms.items():
        path = ("software", "charms", name)
        if name not in known:
            yield path, unknown("there is no charm", name, known)
            continue
        for option, value in charm.config.items():
            yield from _option(name, option, value)
        for label in charm.storage:
            if label not in known[name].storage:
                wanted = unknown(f"the charm {name} has no storage", label, known[name].storage)
                yield (*path, "storage", label), wanted
        if charm.units != 1:
            why = "the embedded substrate runs one unit of each application on its one control machine"
            yield (*path, "units"), f"{charm.units} units of {name} cannot be: {why}"


def _option(charm: str, option: str, value: str | int | float | bool) -> Iterator[Wrong]:
    path = ("software", "charms", charm, "config", option)
    options = software.charms()[charm].options
    if option not in options:
        yield path, unknown(f"the charm {charm} has no option", option, options)
    elif (charm, option) in software.DECIDED:
        yield path, f"this is decided by the key {software.DECIDED[charm, option]}: write it there"
    elif problem := _wrong_type(options[option]["type"], value):
        yield path, f"{option} of the charm {charm} {problem}"


def _wrong_type(kind: str, value: str | int | float | bool) -> str:
    if holds_reference(value):
        return ""
    if kind == "boolean":
        return "" if isinstance(value, bool) else f"must be true or false, not {spelled(value)}"
    if kind in ("int", "float"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        fits = whole or (kind == "float" and isinstance(value, float))
        return "" if fits else f"must be a {'whole ' if kind == 'int' else ''}number, not {spelled(value)}"
    return "" if isinstance(value, str) else f"must be text: write {spelled(value)} in quotes"


def _images(manifest: Manifest) -> Iterator[Wrong]:
    for name in manifest.software.images:
        if name not in software.images():
            yield ("software", "images", name), unknown("there is no image", name, software.images())


def _demo(manifest: Manifest) -> Iterator[Wrong]:
    if manifest.demo.password and not holds_reference(manifest.demo.password):
        yield ("demo", "password"), f"a password belongs outside the manifest: {REFERENCE}"
    if manifest.demo.project in RESERVED_PROJECTS:
        yield ("demo", "project"), f"{manifest.demo.project} is a project of the cloud itself"
    if "" in manifest.demo.flavors:
        yield ("demo", "flavors", ""), "a flavor needs a name"
    if manifest.demo.user in RESERVED_USERS:
        yield ("demo", "user"), f"{manifest.demo.user} is the cloud's administrator"


def _nodes(manifest: Manifest) -> Iterator[Wrong]:
    for place, node in enumerate(manifest.nodes):
        name = node.name or dotted(("nodes", place))
        if place:
            yield ("nodes", place), f"{name} is one machine too many: this version makes a cloud of one"
        if not place and "control" not in node.roles:
            yield ("nodes", place, "roles"), f"{name} is the first machine: it needs the role control"


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """``there is no charm novaa; did you mean nova?``"""
    names = sorted(known)
    close = get_close_matches(name, names, 1)
    hint = (
        f"did you mean {close[0]}?"
        if close
        else f"there are {', '.join(names)}"
        if names
        else "there is none"
    )
    return f"{what} {dotted([name])}; {hint}"


RULES = (
    Rule(_pods, ("network.pods",)),
    Rule(_external, ("network.external",)),
    Rule(_reserved, ("network.pods", "network.external.range", "demo.network.range")),
    Rule(_overlaps, ("network.pods", "network.external.range", "demo.network.range")),
    Rule(_address, ("network.address", "network.pods")),
    Rule(_proxy, ("proxy",)),
    Rule(_charms),
    Rule(_images),
    Rule(_demo),
    Rule(_nodes, ("nodes",)),
)
