"""One model as operations see it: to read, or to change inside a store transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sunbeam.operators.entities import (
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
from sunbeam.operators.operations.errors import BadRequest, NotFound
from sunbeam.operators.store import Store, Transaction

EntityT = TypeVar("EntityT", bound=Entity)


@dataclass(frozen=True)
class ModelView:
    """Reads of one model.  The named getters raise NotFound with Juju's texts."""

    store: Store
    model: Model

    def find(self, cls: type[EntityT], id: str) -> EntityT | None:
        return self.store.get(cls, self.model.model_uuid, id)

    def all(self, cls: type[EntityT]) -> list[EntityT]:
        return self.store.all(cls, self.model.model_uuid)

    @property
    def is_kubernetes(self) -> bool:
        return self.model.type == "kubernetes"

    def application(self, name: str) -> Application:
        return _found(self.find(Application, name), f'application "{name}" not found')

    def remote_application(self, name: str) -> RemoteApplication:
        return _found(self.find(RemoteApplication, name), f'saas application "{name}" not found')

    def unit(self, name: str) -> Unit:
        return _found(self.find(Unit, name), f'unit "{name}" not found')

    def machine(self, number: str) -> Machine:
        return _found(self.find(Machine, number), f"machine {number} not found")

    def offer(self, name: str) -> Offer:
        return _found(self.find(Offer, name), f'application offer "{name}" not found')

    def charm(self, url: str) -> Charm:
        return _found(self.find(Charm, url), f'charm "{url}" not found')

    def charm_of(self, application: Application) -> Charm:
        return self.charm(application.charm_url)

    def units_of(self, application: str) -> list[Unit]:
        units = [unit for unit in self.all(Unit) if unit.application == application]
        return sorted(units, key=lambda unit: unit.number)

    def relations_of(self, application: str) -> list[Relation]:
        return [relation for relation in self.all(Relation) if relation.endpoint_of(application)]


@dataclass(frozen=True)
class ModelEdit(ModelView):
    """A model inside an open transaction: reads see what this transaction has written so far."""

    tx: Transaction

    def find(self, cls: type[EntityT], id: str) -> EntityT | None:
        key = (cls.kind, self.model.model_uuid, id)
        if key in self.tx.deleted:
            return None
        written = self.tx.written.get(key)
        return written if isinstance(written, cls) else super().find(cls, id)

    def all(self, cls: type[EntityT]) -> list[EntityT]:
        found = {entity.id: entity for entity in super().all(cls)}
        for (kind, model_uuid, id), entity in self.tx.written.items():
            if kind == cls.kind and model_uuid == self.model.model_uuid and isinstance(entity, cls):
                found[id] = entity
        return [
            entity
            for id, entity in found.items()
            if (cls.kind, self.model.model_uuid, id) not in self.tx.deleted
        ]

    def put(self, *entities: Entity) -> None:
        self.tx.put(*entities)

    def delete(self, *entities: Entity) -> None:
        self.tx.delete(*entities)

    def next(self, sequence: str) -> int:
        self.tx.put(self.model)
        return self.model.next(sequence)

    def require_alive(self) -> None:
        if self.model.life != "alive":
            raise BadRequest(f'model "{self.model.name}" is being destroyed: nothing can be added to it')

    def beside(self, model_uuid: str) -> ModelEdit | None:
        """Another model in the same transaction, or None if it does not exist."""
        if model_uuid == self.model.model_uuid:
            return self
        model = self.store.get(Model, model_uuid, model_uuid)
        return ModelEdit(self.store, model, self.tx) if model else None


@contextmanager
def edit(store: Store, model: Model) -> Iterator[ModelEdit]:
    """Change ``model``; everything is written together at the end of the block, or nothing is."""
    with store.transaction() as tx:
        yield ModelEdit(store, model, tx)


def _found(entity: EntityT | None, message: str) -> EntityT:
    if entity is None:
        raise NotFound(message)
    return entity
