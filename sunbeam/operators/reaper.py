"""Carries death on: from a model to its applications, to their units and relations, and then forgets them.

``dooms`` marks what must die because something above it does; ``bury_unit`` and ``reap`` remove what has
nothing left to do.  All of it is level-triggered: a crash between any two calls loses nothing.
"""

from __future__ import annotations

from sunbeam.operators import leadership
from sunbeam.operators.bags import leave_scope, other_half
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Entity,
    Machine,
    Model,
    Offer,
    PendingResource,
    Relation,
    RemoteApplication,
    Secret,
    Storage,
    Unit,
    now,
)
from sunbeam.operators.operations.secrets import reader_name, relation_scope, revoke
from sunbeam.operators.store import Store, Transaction
from sunbeam.operators.unit_storage import detach

KEPT_ACTIONS = 500
"""Finished actions that each model keeps."""

_OWNED_BY_MODEL: tuple[type[Entity], ...] = (Action, Charm, Offer, PendingResource, Secret)


def doom(store: Store, tx: Transaction, model: Model) -> None:
    """Set dying whatever depends on something dying in ``model``."""
    uuid = model.model_uuid
    names = set()
    for application in _applications(store, uuid):
        if model.life != "alive":
            _let_die(tx, application)
        if application.life != "alive":
            names.add(application.name)
    for unit in store.all(Unit, uuid):
        if unit.application in names:
            _let_die(tx, unit)
    for relation in store.all(Relation, uuid):
        other = other_half(store, relation)
        widowed = bool(relation.mirror) and (other is None or other.life != "alive")
        if widowed or any(end.application in names for end in relation.endpoints):
            _let_die(tx, relation)
    if model.life != "alive":
        for machine in store.all(Machine, uuid):
            _let_die(tx, machine)


def bury_unit(store: Store, tx: Transaction, unit: Unit) -> list[Storage]:
    """Forget a finished unit; returns the storage whose folders are to be removed."""
    for relation in store.all(Relation, unit.model_uuid):
        if relation.endpoint_of(unit.application):
            leave_scope(store, tx, relation, unit.name)
    for secret in store.all(Secret):
        _forget_reader(tx, secret, unit)
    for action in store.all(Action, unit.model_uuid):
        if action.unit == unit.name and action.status in ("pending", "running", "aborting"):
            action.status, action.completed = "cancelled", now()
            action.message = f"unit {unit.name} was removed"
            tx.put(action)
    doomed = detach(store, tx, unit)
    unit.life = "dead"
    tx.delete(unit)
    application = store.get(Application, unit.model_uuid, unit.application)
    if application is not None:
        leadership.elect(store, tx, application)
    return doomed


def reap(store: Store, tx: Transaction, model: Model) -> None:
    """Remove the dying relations and applications of ``model`` that no unit holds any more."""
    uuid = model.model_uuid
    units = store.all(Unit, uuid)
    relations = store.all(Relation, uuid)
    for relation in list(relations):
        if relation.life != "alive" and not any(relation.id in unit.seen.relations for unit in units):
            _remove_relation(store, tx, relation)
            relations.remove(relation)
    related = {end.application for relation in relations for end in relation.endpoints}
    populated = {unit.application for unit in units}
    for application in _applications(store, uuid):
        if application.life != "alive" and application.name not in related | populated:
            _remove_application(store, tx, application)


def prune_actions(store: Store, tx: Transaction, model: Model) -> None:
    """Forget the oldest finished actions beyond ``KEPT_ACTIONS``."""
    finished = [action for action in store.all(Action, model.model_uuid) if action.completed]
    if len(finished) > KEPT_ACTIONS:
        finished.sort(key=lambda action: action.completed)
        tx.delete(*finished[:-KEPT_ACTIONS])


def reap_model(store: Store, tx: Transaction, model: Model) -> list[Storage]:
    """Remove a dying model once it is empty; returns the storage whose folders are to be removed."""
    uuid = model.model_uuid
    holders: tuple[type[Entity], ...] = (Application, RemoteApplication, Unit, Relation, Machine)
    if model.life == "alive" or any(store.all(kind, uuid) for kind in holders):
        return []
    for kind in _OWNED_BY_MODEL:
        tx.delete(*store.all(kind, uuid))
    storages = store.all(Storage, uuid)
    tx.delete(*storages, model)
    return storages


def _applications(store: Store, model_uuid: str) -> list[Application | RemoteApplication]:
    return [*store.all(Application, model_uuid), *store.all(RemoteApplication, model_uuid)]


def _let_die(tx: Transaction, entity: Application | RemoteApplication | Unit | Relation | Machine) -> None:
    if entity.life == "alive":
        entity.life = "dying"
        tx.put(entity)


def _remove_relation(store: Store, tx: Transaction, relation: Relation) -> None:
    for secret in store.all(Secret, relation.model_uuid):
        revoke(secret, scope=relation_scope(relation))
        tx.put(secret)
    tx.delete(relation)


def _remove_application(store: Store, tx: Transaction, application: Application | RemoteApplication) -> None:
    for secret in store.all(Secret, application.model_uuid):
        if secret.owner == application.name:
            tx.delete(secret)
    for offer in store.all(Offer, application.model_uuid):
        if offer.application == application.name:
            tx.delete(offer)
    for storage in store.all(Storage, application.model_uuid):
        if storage.unit.partition("/")[0] == application.name:
            storage.unit = ""  # an application deployed later under this name starts empty
            tx.put(storage)
    tx.delete(application)


def _forget_reader(tx: Transaction, secret: Secret, unit: Unit) -> None:
    if secret.owner == unit.name and secret.model_uuid == unit.model_uuid:
        tx.delete(secret)
        return
    if secret.consumers.pop(reader_name(secret, unit.model_uuid, unit.name), None) is not None:
        tx.put(secret)
