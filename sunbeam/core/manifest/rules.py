"""What a manifest must hold beyond the type of each key: ranges that fit, charms and options that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from ipaddress import IPv4Network
from itertools import combinations
from operator import attrgetter
from typing import NamedTuple

from sunbeam.core.manifest import software
from sunbeam.core.manifest.model import External, Manifest
from sunbeam.core.manifest.references import holds_reference
from sunbeam.core.manifest.tree import Step, dotted, spelled
from sunbeam.core.proxy import PROXY_URL

LARGEST_PREFIX = 26
"""The smallest range of pods, and of floating addresses where nothing is said about them: 64 addresses."""
RESERVED_PROJECTS = {"admin", "service"}
RESERVED_USERS = {"admin", "nova-hypervisor"}
"""Beside one account for each charm, which has its name (charms/hypervisor/src/relations.py)."""

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


def _external_size(manifest: Manifest) -> Iterator[Wrong]:
    external = manifest.network.external
    path = ("network", "external", "range")
    if external.range.prefixlen > 30:
        yield path, f"{external.range} has no addresses for VMs"
    elif not _has_pool(external):
        yield (
            path,
            f"{external.range} is smaller than 64 addresses (/{LARGEST_PREFIX}): then say first and last too",
        )


def _has_pool(external: External) -> bool:
    if external.first and external.last:
        return external.range.prefixlen <= 30
    return external.range.prefixlen <= LARGEST_PREFIX


def _external_address(key: str, manifest: Manifest) -> Iterator[Wrong]:
    external = manifest.network.external
    address = getattr(external, key)
    if address is None or external.range.prefixlen > 30:
        return
    first, last = external.range[1], external.range[-2]
    if not first <= address <= last:
        path = ("network", "external", key)
        yield path, f"{address} is not between {first} and {last} of {external.range}"


def _external_pool(manifest: Manifest) -> Iterator[Wrong]:
    external = manifest.network.external
    path = ("network", "external")
    if not _has_pool(external):
        return
    first, last = external.pool
    if first > last:
        yield (*path, "last"), f"the last address {last} is before the first one, {first}"
    elif first <= external.router <= last:
        key = "gateway" if external.gateway else "first"
        yield (*path, key), f"the gateway {external.router} is among the addresses of VMs ({first} to {last})"


def _range(manifest: Manifest, key: str) -> IPv4Network:
    found: IPv4Network = attrgetter(key)(manifest)
    return found


def _reserved(key: str, manifest: Manifest) -> Iterator[Wrong]:
    range_ = _range(manifest, key)
    if any(range_.overlaps(each) for each in RESERVED):
        yield tuple(key.split(".")), f"no machine can have an address of {range_}"


def _overlaps(earlier: str, later: str, manifest: Manifest) -> Iterator[Wrong]:
    range_, other = _range(manifest, later), _range(manifest, earlier)
    if range_.overlaps(other):
        yield tuple(later.split(".")), f"{range_} of {later} overlaps {other} of {earlier}"


def _address(manifest: Manifest) -> Iterator[Wrong]:
    address = manifest.network.address
    if address is not None and not address.is_loopback and any(address in each for each in RESERVED):
        yield ("network", "address"), f"{address} is no address of a machine"


def _address_of_pods(manifest: Manifest) -> Iterator[Wrong]:
    address = manifest.network.address
    if address is not None and address in manifest.network.pods:
        yield ("network", "address"), f"{address} is inside the range of pods, {manifest.network.pods}"


def _proxy(key: str, manifest: Manifest) -> Iterator[Wrong]:
    """What is wrong is not repeated here: it may hold a password."""
    url = getattr(manifest.proxy, key)
    if not url or holds_reference(url):
        return
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
    if manifest.demo.user in {*RESERVED_USERS, *software.charms()}:
        yield ("demo", "user"), f"{manifest.demo.user} is an account of the cloud itself"


def _nodes(manifest: Manifest) -> Iterator[Wrong]:
    for place, node in enumerate(manifest.nodes):
        name = node.name or "this"
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


RANGES = ("network.pods", "network.external.range", "demo.network.range")
EXTERNAL = tuple(f"network.external.{key}" for key in ("range", "gateway", "first", "last"))
RULES = (
    Rule(_pods, ("network.pods",)),
    Rule(_external_size, (EXTERNAL[0], *EXTERNAL[2:])),
    *(
        Rule(partial(_external_address, key), (EXTERNAL[0], f"network.external.{key}"))
        for key in ("gateway", "first", "last")
    ),
    Rule(_external_pool, EXTERNAL),
    *(Rule(partial(_reserved, key), (key,)) for key in RANGES),
    *(Rule(partial(_overlaps, *pair), pair) for pair in combinations(RANGES, 2)),
    Rule(_address, ("network.address",)),
    Rule(_address_of_pods, ("network.address", "network.pods")),
    *(Rule(partial(_proxy, key), (f"proxy.{key}",)) for key in ("http", "https")),
    Rule(_charms),
    Rule(_images),
    Rule(_demo),
    Rule(_nodes),
)
