"""Subordinate units: one beside each principal unit of a container-scoped relation, gone with it."""

from __future__ import annotations

from sunbeam.operators.charm_metadata import is_subordinate
from sunbeam.operators.entities import Application, Charm, Model, Relation, Unit
from sunbeam.operators.store import Store, Transaction
from sunbeam.operators.view import is_container_scoped


def settle(store: Store, tx: Transaction, relation: Relation) -> None:
    """Create the subordinate units ``relation`` lacks; let go those it no longer needs."""
    pair = _subordinate_and_principal(store, relation)
    if pair is None or not is_container_scoped(relation):
        return
    subordinate, principal = pair
    beside = {
        unit.principal: unit
        for unit in store.all(Unit, relation.model_uuid)
        if unit.application == subordinate.name
    }
    for unit in store.all(Unit, relation.model_uuid):
        if unit.application != principal.name:
            continue
        wanted = unit.life == relation.life == subordinate.life == "alive"
        present = beside.get(unit.name)
        if wanted and present is None:
            tx.put(_new_unit(store, tx, subordinate, unit))
        elif not wanted and present is not None and present.life == "alive":
            present.life = "dying"
            tx.put(present)


def _new_unit(store: Store, tx: Transaction, subordinate: Application, principal: Unit) -> Unit:
    model = store.get(Model, subordinate.model_uuid, subordinate.model_uuid)
    assert model is not None
    number = model.next(f"unit-{subordinate.name}")
    tx.put(model)
    return Unit(
        model_uuid=subordinate.model_uuid,
        name=f"{subordinate.name}/{number}",
        application=subordinate.name,
        machine=principal.machine,
        principal=principal.name,
    )


def _subordinate_and_principal(store: Store, relation: Relation) -> tuple[Application, Application] | None:
    applications = [
        store.get(Application, relation.model_uuid, end.application) for end in relation.endpoints
    ]
    if len(applications) != 2 or applications[0] is None or applications[1] is None:
        return None
    first, second = applications[0], applications[1]
    if _has_subordinate_charm(store, first):
        return first, second
    return (second, first) if _has_subordinate_charm(store, second) else None


def _has_subordinate_charm(store: Store, application: Application) -> bool:
    charm = store.get(Charm, application.model_uuid, application.charm_url)
    return charm is not None and is_subordinate(charm)
