"""Reads from the store what the next hook of one unit depends on."""

from __future__ import annotations

import re
from datetime import timedelta

from sunbeam.operators.charm_metadata import config_hash, containers
from sunbeam.operators.clock import later
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Endpoint,
    Model,
    Relation,
    Secret,
    Storage,
    Unit,
)
from sunbeam.operators.operations.secrets import is_owner, may_manage, reader_name, unused_revisions
from sunbeam.operators.resolver import OwnedSecretView, RelationView, UnitView
from sunbeam.operators.store import Store

DEFAULT_UPDATE_STATUS_INTERVAL = timedelta(minutes=5)


def unit_view(store: Store, unit: Unit, now: str, *, substrate_ready: bool, boot_id: str = "") -> UnitView:
    """``boot_id`` is that of the unit's machine (empty for a pod: its containers have their own)."""
    model, application, charm = belongings(store, unit)
    is_leader = application.leader == unit.name
    return UnitView(
        name=unit.name,
        seen=unit.seen,
        now=now,
        life=unit.life,
        substrate_ready=substrate_ready,
        charm_url=application.charm_url,
        config_hash=config_hash(charm, application, unit.address),
        boot_id=boot_id,
        is_leader=is_leader,
        has_subordinates=any(other.principal == unit.name for other in store.all(Unit, unit.model_uuid)),
        storage=tuple(tag for tag in unit.storage if _is_attached(store, unit, tag)),
        relations=tuple(relation_views(store, unit)),
        containers={
            declared.name: unit.containers[declared.name]
            for declared in containers(charm)
            if declared.name in unit.containers
        },
        read_secrets=_read_secrets(store, unit, is_leader),
        owned_secrets=_owned_secrets(store, unit, is_leader),
        actions=tuple(
            action.id
            for action in store.all(Action, unit.model_uuid)
            if action.unit == unit.name and action.status == "pending"
        ),
        update_status_at=_update_status_at(model, unit),
    )


def belongings(store: Store, unit: Unit) -> tuple[Model, Application, Charm]:
    """The model, application and charm of a unit.  Raises LookupError if one is missing."""
    model = store.get(Model, unit.model_uuid, unit.model_uuid)
    application = store.get(Application, unit.model_uuid, unit.application)
    charm = store.get(Charm, unit.model_uuid, application.charm_url) if application else None
    if model is None or application is None or charm is None:
        raise LookupError(f"Unit {unit.name} has lost its model, application or charm in the store.")
    return model, application, charm


def relation_views(store: Store, unit: Unit) -> list[RelationView]:
    """The relations of the unit's application, ordered by number."""
    views = []
    for relation in store.all(Relation, unit.model_uuid):
        own = relation.endpoint_of(unit.application)
        if own is not None and _concerns(relation, unit):
            views.append(_relation_view(store, relation, own, unit))
    return sorted(views, key=lambda view: int(view.number))


def _relation_view(store: Store, relation: Relation, own: Endpoint, unit: Unit) -> RelationView:
    remote = relation.other_end(unit.application).application
    return RelationView(
        number=relation.id,
        endpoint=own.name,
        remote_application=remote,
        is_peer=relation.is_peer,
        leaving=relation.life != "alive" or relation.suspended or unit.life != "alive",
        members={
            name: relation.versions.get(name, 0)
            for name in relation.in_scope
            if name != unit.name
            and name.partition("/")[0] == remote
            and (not is_container_scoped(relation) or _are_paired(store, unit, name))
        },
        application_version=relation.versions.get(remote, 0),
    )


def is_container_scoped(relation: Relation) -> bool:
    """Whether the relation pairs each principal unit with its own subordinate."""
    return not relation.is_peer and any(end.scope == "container" for end in relation.endpoints)


def _concerns(relation: Relation, unit: Unit) -> bool:
    """A subordinate unit's container-scoped relations are those with its own principal's application."""
    if not unit.principal or not is_container_scoped(relation):
        return True
    return relation.other_end(unit.application).application == unit.principal.partition("/")[0]


def _are_paired(store: Store, unit: Unit, other_name: str) -> bool:
    other = store.get(Unit, unit.model_uuid, other_name)
    return unit.principal == other_name or (other is not None and other.principal == unit.name)


def _is_attached(store: Store, unit: Unit, tag: str) -> bool:
    storage = store.get(Storage, unit.model_uuid, tag)
    return storage is not None and storage.life == "alive"


def _read_secrets(store: Store, unit: Unit, is_leader: bool) -> dict[str, int]:
    """Latest revisions, newer than the tracked one, of secrets this unit reads but does not manage."""
    found = {}
    for secret in store.all(Secret):
        consumer = secret.consumers.get(reader_name(secret, unit.model_uuid, unit.name))
        managed = may_manage(secret, unit.model_uuid, unit.name, is_leader)
        if consumer is not None and not managed and 0 < consumer.revision < secret.latest:
            found[secret.id] = secret.latest
    return found


def _owned_secrets(store: Store, unit: Unit, is_leader: bool) -> tuple[OwnedSecretView, ...]:
    return tuple(
        OwnedSecretView(
            id=secret.id,
            latest=secret.latest,
            next_rotation=secret.next_rotation,
            expiries={
                number: revision.expires for number, revision in secret.revisions.items() if revision.expires
            },
            unused=unused_revisions(secret),
        )
        for secret in store.all(Secret, unit.model_uuid)
        if is_owner(secret, unit.model_uuid, unit.name)
        and may_manage(secret, unit.model_uuid, unit.name, is_leader)
    )


def _update_status_at(model: Model, unit: Unit) -> str:
    if not unit.seen.update_status_at:
        return ""
    interval = go_duration(model.config.get("update-status-hook-interval", ""))
    return later(unit.seen.update_status_at, interval or DEFAULT_UPDATE_STATUS_INTERVAL)


def go_duration(text: str) -> timedelta | None:
    """A duration as Go writes it (``5m``, ``1h30m``, ``10s``); None if it is not one."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", str(text))
    if not parts or "".join(number + unit for number, unit in parts) != str(text):
        return None
    seconds = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return timedelta(seconds=sum(float(number) * seconds[unit] for number, unit in parts))
