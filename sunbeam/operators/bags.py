"""Relation data bags and scope, kept equal in both halves of a cross-model relation.

Every function changes relations inside the caller's transaction, so both halves are written together.
"""

from __future__ import annotations

from collections.abc import Mapping

from sunbeam.operators.entities import Relation
from sunbeam.operators.store import Store, Transaction


def write_bag(
    store: Store, tx: Transaction, relation: Relation, owner: str, values: Mapping[str, str]
) -> bool:
    """Merge ``values`` into the bag of ``owner`` (a unit or application); an empty value deletes its key.

    Returns whether anything changed, in which case the bag's version grew by one.
    """
    changed = False
    for half, name in _halves(store, relation, owner):
        if _merge(half.data.setdefault(name, {}), values):
            half.versions[name] = half.versions.get(name, 0) + 1
            tx.put(half)
            changed = True
    return changed


def enter_scope(store: Store, tx: Transaction, relation: Relation, unit: str, address: str) -> None:
    """Make ``unit`` visible to the other side, with the addresses Juju publishes for it."""
    for half, name in _halves(store, relation, unit):
        if name not in half.in_scope:
            half.in_scope.append(name)
            tx.put(half)
    publish_address(store, tx, relation, unit, address)


def publish_address(store: Store, tx: Transaction, relation: Relation, unit: str, address: str) -> None:
    if address:
        values = {
            "egress-subnets": f"{address}/32",
            "ingress-address": address,
            "private-address": address,
        }
        write_bag(store, tx, relation, unit, values)


def leave_scope(store: Store, tx: Transaction, relation: Relation, unit: str) -> None:
    """Take ``unit`` out of the relation; its bag stays readable until the relation goes (as in Juju)."""
    for half, name in _halves(store, relation, unit):
        if name in half.in_scope:
            half.in_scope.remove(name)
            tx.put(half)


def other_half(store: Store, relation: Relation) -> Relation | None:
    """The same relation in the other model, if this one crosses models and the other still exists."""
    if not relation.mirror:
        return None
    model_uuid, _, number = relation.mirror.partition(":")
    return store.get(Relation, model_uuid, number)


def name_in_other_half(relation: Relation, other: Relation, owner: str) -> str:
    """How ``owner`` (unit or application of this half's model) is called in the other model."""
    application, slash, number = owner.partition("/")
    end = relation.endpoint_of(application)
    if end is None:
        raise ValueError(f"{owner} is not part of the relation {relation.key}")
    alias = next(candidate.application for candidate in other.endpoints if candidate.role == end.role)
    return f"{alias}{slash}{number}"


def _halves(store: Store, relation: Relation, owner: str) -> list[tuple[Relation, str]]:
    other = other_half(store, relation)
    return [(relation, owner)] + ([(other, name_in_other_half(relation, other, owner))] if other else [])


def _merge(bag: dict[str, str], values: Mapping[str, str]) -> bool:
    before = dict(bag)
    bag.update(values)
    for key in [key for key, value in bag.items() if value == ""]:
        del bag[key]
    return bag != before
