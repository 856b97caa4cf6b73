"""What AllWatcher tells after a commit: a delta per entity whose shown fields may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sunbeam.operators.api.entity_data import entity_data
from sunbeam.operators.api.wire import Json, unit_tag
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Entity,
    Machine,
    Model,
    Offer,
    Relation,
    RemoteApplication,
    Unit,
)
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.store import EntityChange

Key = tuple[str, str, str]
WATCHED: tuple[type[Entity], ...] = (
    Model, Machine, Charm, Application, RemoteApplication, Unit, Relation, Offer, Action,
)  # fmt: skip


@dataclass(frozen=True)
class Delta:
    """One change: ``model_uuid``, ``kind`` and ``id`` name the entity, ``data`` is what it is now."""

    model_uuid: str
    kind: str
    id: str
    change: str
    data: Json

    @property
    def key(self) -> Key:
        return (self.kind, self.model_uuid, self.id)

    @property
    def is_removal(self) -> bool:
        return self.change == "remove"

    @property
    def is_pending_action(self) -> bool:
        return self.kind == "action" and self.data.get("status") == "pending"

    def json(self) -> list[object]:
        return [self.kind, self.change, self.data]


def snapshot(view: ModelView) -> Iterator[Delta]:
    """The whole model."""
    for kind in WATCHED:
        for entity in view.all(kind):
            yield from _deltas(view, entity)


def deltas_after(view: ModelView, changes: Iterable[EntityChange]) -> Iterator[Delta]:
    """What a commit means to watchers: the changed entities and those whose shown fields depend on them."""
    for change in changes:
        if change.removed:
            yield from _removals(view, change.entity)
            continue
        yield from _deltas(view, change.entity)
        for dependent in _dependents(view, change.entity):
            yield from _deltas(view, dependent)


def _deltas(view: ModelView, entity: Entity) -> Iterator[Delta]:
    if not isinstance(entity, WATCHED):
        return
    kind, id = _name(entity)
    yield Delta(view.model.model_uuid, kind, id, "change", entity_data(entity, view))
    tag = _annotated_tag(entity)
    annotations = getattr(entity, "annotations", None)
    if tag and annotations:
        data = {"model-uuid": view.model.model_uuid, "tag": tag, "annotations": dict(annotations)}
        yield Delta(view.model.model_uuid, "annotation", tag, "change", data)


def removal(entity: Entity) -> Delta:
    """That ``entity`` is gone."""
    kind, id = _name(entity)
    return Delta(entity.model_uuid, kind, id, "remove", _identity(entity))


def _removals(view: ModelView, entity: Entity) -> Iterator[Delta]:
    if not isinstance(entity, WATCHED):
        return
    yield removal(entity)
    tag = _annotated_tag(entity)
    if tag and getattr(entity, "annotations", None):
        yield Delta(
            view.model.model_uuid, "annotation", tag, "remove", {"model-uuid": entity.model_uuid, "tag": tag}
        )


def _dependents(view: ModelView, entity: Entity) -> list[Entity]:
    if isinstance(entity, Application):
        return list(view.units_of(entity.name))
    if isinstance(entity, Relation) and entity.mirror:
        return [offer for offer in view.all(Offer) if entity.endpoint_of(offer.application)]
    return []


def _name(entity: Entity) -> tuple[str, str]:
    kinds = {RemoteApplication.kind: "remoteApplication", Offer.kind: "applicationOffer"}
    return kinds.get(entity.kind, entity.kind), entity.id


def _identity(entity: Entity) -> Json:
    """The fields by which clients find the entity that was removed."""
    identity: Json = {"model-uuid": entity.model_uuid, "name": entity.id, "id": entity.id}
    match entity:
        case Offer():
            identity |= {"offer-name": entity.name, "application-name": entity.application}
        case Charm():
            identity |= {"charm-url": entity.url}
        case Relation():
            identity |= {"key": entity.key, "id": entity.number}
    return identity


def _annotated_tag(entity: Entity) -> str:
    match entity:
        case Application():
            return f"application-{entity.name}"
        case Unit():
            return unit_tag(entity.name)
        case Machine():
            return f"machine-{entity.number}"
        case Model():
            return f"model-{entity.model_uuid}"
    return ""
