"""What is wrong with what one file or answer says, whatever others say; types of values are in ``shape``."""

from __future__ import annotations

from collections.abc import Iterator

from sunbeam.core.manifest.findings import Finding
from sunbeam.core.manifest.references import OPENINGS, allowed_at, malformed, problems
from sunbeam.core.manifest.tree import DETECTED, NODES, Tree, dotted, machine_name

ADDRESS = ("network", "address")


def layer_findings(layer: Tree) -> Iterator[Finding]:
    yield from _references(layer)
    yield from _machines(layer)
    if layer.origin != DETECTED:
        yield from _loopback(layer)


def _references(layer: Tree) -> Iterator[Finding]:
    for path, leaf in layer.leaves():
        if not isinstance(leaf.value, str):
            continue
        key = dotted(path)
        if allowed_at(path):
            for problem in problems(leaf.value):
                yield Finding(leaf.origin, f"{key}: {problem}", path, unresolved=not malformed(leaf.value))
        elif any(opening in leaf.value for opening in OPENINGS):
            where = "proxy, demo.password and options of charms can"
            yield Finding(leaf.origin, f"{key} cannot hold a reference; {where}", path)


def _machines(layer: Tree) -> Iterator[Finding]:
    """Two of one name in a file are a slip, which merging would hide."""
    machines = layer.below(NODES)
    seen: set[str] = set()
    for place, machine in enumerate(machines.value if machines and isinstance(machines.value, list) else []):
        name = machine_name(machine)
        if name in seen:
            path = (NODES, place, "name")
            yield Finding(layer.deepest(path)[1].origin, f"there is a machine {name} already", path)
        elif name:
            seen.add(name)


def _loopback(layer: Tree) -> Iterator[Finding]:
    """It stands for an address only where a machine has none to detect."""
    found, leaf = layer.deepest(ADDRESS)
    if found == ADDRESS and str(leaf.value).startswith("127."):
        yield Finding(
            leaf.origin, f"{leaf.value} is no address of a machine: each takes it for itself", ADDRESS
        )
