"""The entities of the operator engine: what a model is made of, as Juju names it.

Every entity is one JSON document in the engine's SQLite file (see ``store.py``), keyed by
``(kind, model_uuid, id)``.  Entities are plain data: rules live in ``resolver.py`` (which hook is next)
and ``operations/`` (what an API call changes); nothing here does I/O.
"""

from __future__ import annotations

from sunbeam.operators.entities.actions import Action
from sunbeam.operators.entities.document import Entity, Life, Role, Status, now
from sunbeam.operators.entities.models import Application, Charm, Model, PendingResource, User
from sunbeam.operators.entities.relations import Endpoint, Offer, Relation, RemoteApplication
from sunbeam.operators.entities.secrets import Secret, SecretConsumer, SecretRevision
from sunbeam.operators.entities.units import (
    HookError,
    Machine,
    Seen,
    SeenRelation,
    Storage,
    Unit,
    WorkloadState,
)

__all__ = [
    "ENTITY_TYPES",
    "Action",
    "Application",
    "Charm",
    "Endpoint",
    "Entity",
    "HookError",
    "Life",
    "Machine",
    "Model",
    "Offer",
    "PendingResource",
    "Relation",
    "RemoteApplication",
    "Role",
    "Secret",
    "SecretConsumer",
    "SecretRevision",
    "Seen",
    "SeenRelation",
    "Status",
    "Storage",
    "Unit",
    "User",
    "WorkloadState",
    "now",
]

ENTITY_TYPES: dict[str, type[Entity]] = {
    cls.kind: cls
    for cls in (
        User, Model, Charm, Application, RemoteApplication, Offer, Relation,
        Unit, Machine, Storage, Secret, Action, PendingResource,
    )
}  # fmt: skip
