"""The rules by which a change is planned, the same for every resource.

In order: core proposes a state; computed values that the configuration leaves out become their default, their
prior value, or unknown where there is no prior; then the resource adjusts the plan; last, it is decided what
forces a replacement, never by a computed value that is merely unknown.

Computed values keep their prior value unless the resource says otherwise (``adjust``), so that a change of
one option does not show ten attributes as "known after apply".
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sunbeam.provider.diagnostics import Path
from sunbeam.provider.schema import Node
from sunbeam.provider.values import UNKNOWN, Object, Value, elements, known

Nodes = dict[str, Node]


def fill_computed(nodes: Nodes, plan: Object, config: Object, prior: Object | None) -> None:
    """Decide, in place, each computed value that the configuration leaves out."""
    for name, node in nodes.items():
        configured = config.get(name)
        before = prior.get(name) if prior is not None else None
        if node.write_only:
            plan[name] = None
        elif node.children and known(configured) and known(plan.get(name)):
            for element, its_config, its_prior in _nested(node, plan[name], configured, before):
                fill_computed(node.children, element, its_config, its_prior)
        elif node.computed and configured is None:
            if node.has_default:
                plan[name] = node.default
            else:
                plan[name] = before if prior is not None else UNKNOWN


def _nested(
    node: Node, plan: Value, config: Value, prior: Value
) -> Iterable[tuple[Object, Object, Object | None]]:
    """Each planned element with the configured and the prior one that belong to it."""
    if node.collection == "single":
        yield plan, config, prior
        return
    for key, element in elements(plan):
        if not known(element):
            continue
        if node.collection == "set":
            made_from = (other for _, other in elements(config) if _made_from(node.children, element, other))
            its_config: Object = next(made_from, {})
            agreeing = (other for _, other in elements(prior) if agrees(node.children, its_config, other))
            its_prior = next(agreeing, None)
        else:
            its_config = dict(elements(config)).get(key) or {}
            its_prior = dict(elements(prior)).get(key)
        yield element, its_config, its_prior


def _made_from(nodes: Nodes, element: Object, configured: Object) -> bool:
    """Whether core proposed this set element for that configured one."""
    return all(
        (node.computed and configured.get(name) is None) or element.get(name) == configured.get(name)
        for name, node in nodes.items()
    )


def agrees(nodes: Nodes, element: Object, other: Object) -> bool:
    """Whether two set elements can be the same: what both know is equal, or computed and left out."""
    for name, node in nodes.items():
        mine, theirs = element.get(name), other.get(name)
        if node.computed and not (known(mine) and known(theirs)):
            continue
        if mine is not UNKNOWN and theirs is not UNKNOWN and mine != theirs:
            return False
    return True


def same(node: Node, one: Value, other: Value) -> bool:
    """Equal as Terraform sees it: sets without order, an absent block like an empty one."""
    return bool(_normal(node, one) == _normal(node, other))


def _normal(node: Node, value: Value) -> Value:
    if node.collection == "set" and isinstance(value, list):
        return sorted(json.dumps(item, sort_keys=True, default=str) for item in value)
    return [] if node.is_block and value is None and node.collection != "single" else value


def replacements(nodes: Nodes, plan: Object, prior: Object, config: Object, path: Path = ()) -> list[Path]:
    """The attributes whose change cannot be made in place."""
    found: list[Path] = []
    for name, node in nodes.items():
        after, before, configured = plan.get(name), prior.get(name), config.get(name)
        if same(node, after, before):
            continue
        if node.replace == "always" or (node.replace == "if_configured" and configured is not None):
            if not _only_unknown_inside(node, after, before):
                found.append((*path, name))
        elif node.children and node.collection == "list":
            for index, element in elements(after):
                old = dict(elements(before)).get(index)
                if known(element) and old is not None:
                    its_config = dict(elements(configured)).get(index) or {}
                    found += replacements(node.children, element, old, its_config, (*path, name, index))
    return found


def _only_unknown_inside(node: Node, after: Value, before: Value) -> bool:
    """A computed value that the configuration leaves out says nothing about a change."""
    if not node.children:
        return after is UNKNOWN and node.computed and not node.required and not node.optional
    ours, theirs = dict(elements(after)), dict(elements(before))
    return len(ours) == len(theirs) and all(
        any(agrees(node.children, element, other) for other in theirs.values()) for element in ours.values()
    )


def settle(nodes: Nodes, plan: Object, actual: Object) -> Object:
    """The state after an apply: what was planned, with the unknown parts as they turned out to be.

    Core insists on planned values; where reality differs, the next refresh shows it as drift.
    """
    return {name: _settle_value(node, plan.get(name), actual.get(name)) for name, node in nodes.items()}


def _settle_value(node: Node, plan: Value, actual: Value) -> Value:
    if plan is UNKNOWN:
        return None if actual is UNKNOWN else actual
    if not node.children or plan is None:
        return plan
    if node.collection == "single":
        return settle(node.children, plan, actual or {})
    if node.collection == "map":
        return {key: settle(node.children, item, (actual or {}).get(key) or {}) for key, item in plan.items()}
    remaining = [item for _, item in elements(actual)]
    settled = []
    for index, element in elements(plan):
        other = _take(node, element, index, remaining)
        settled.append(settle(node.children, element, other))
    return settled


def _take(node: Node, element: Object, index: int, remaining: list[Object]) -> Object:
    if node.collection == "list":
        return remaining[index] if index < len(remaining) else {}
    for position, other in enumerate(remaining):
        if agrees(node.children, element, other):
            return remaining.pop(position)
    return {}
