"""Models: creating, configuring and destroying them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sunbeam.operators.entities import Application, Machine, Model, Offer, Relation, RemoteApplication, Unit
from sunbeam.operators.operations.controller import JUJU_VERSION, is_controller_model
from sunbeam.operators.operations.edit import ModelEdit
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound
from sunbeam.operators.operations.offers import connections
from sunbeam.operators.store import Store, Transaction

MODEL_NAME = re.compile(r"[a-z0-9]+[a-z0-9-]*\Z")
CLOUDS: dict[str, Literal["kubernetes", "manual"]] = {"sunbeam": "kubernetes", "machines": "manual"}
"""The clouds a model can be created in, by the type of model that makes; the first is the default."""

_READ_ONLY = {"uuid", "type", "name", "agent-version", "controller-uuid"}


def create_model(
    store: Store, tx: Transaction, name: str, owner: str, cloud: str, config: Mapping[str, Any]
) -> Model:
    """An empty model of the type that ``cloud`` stands for.  Raises BadRequest, NotFound, AlreadyExists."""
    if not MODEL_NAME.match(name):
        raise BadRequest(
            f'"{name}" is not a valid name: model names may only contain lowercase letters, digits and'
            " hyphens"
        )
    if cloud not in CLOUDS:
        raise NotFound(f'cloud "{cloud}" not found, expected one of: {", ".join(CLOUDS)}')
    if any(model.name == name and model.owner == owner for model in store.all(Model)):
        raise AlreadyExists(f'failed to create new model: model "{name}" for {owner} already exists')
    settings = {key: value for key, value in config.items() if key not in _READ_ONLY}
    keys = str(settings.pop("authorized-keys", "") or "")
    model = Model(
        model_uuid=str(uuid.uuid4()),
        name=name,
        owner=owner,
        type=CLOUDS[cloud],
        config=settings,
        access={owner: "admin"},
        ssh_keys=[line.strip() for line in keys.splitlines() if line.strip()],
    )
    tx.put(model)
    return model


def destroy_model(edit: ModelEdit, force: bool = False) -> None:
    """Let a model go with all that is in it.  Raises BadRequest if other models use its offers."""
    model = edit.model
    if is_controller_model(model):
        raise BadRequest(f'cannot destroy the model "{model.name}": it is the controller\'s own')
    used = [offer.name for offer in edit.all(Offer) if _is_used(edit, offer)]
    if used and not force:
        raise BadRequest(
            f'cannot destroy model "{model.name}": its offer {", ".join(used)} has relations to other models'
        )
    if model.life == "alive":
        model.life = "dying"
    edit.put(model)
    _let_die(edit, (*edit.all(Application), *edit.all(RemoteApplication), *edit.all(Machine)))
    _let_die(edit, edit.all(Relation))
    for unit in edit.all(Unit):
        unit.force = unit.force or force
        _let_die(edit, [unit])


def effective_config(
    model: Model, charmhub_url: str, inherited: Mapping[str, Any] | None = None
) -> dict[str, tuple[Any, str]]:
    """Every configuration key with its value and where it comes from.

    That is ``default``, ``controller`` (``inherited``: what a model has if it does not differ) or ``model``.
    """
    defaults: dict[str, Any] = {
        "name": model.name,
        "uuid": model.model_uuid,
        "type": model.type,
        "agent-version": JUJU_VERSION,
        "authorized-keys": "\n".join(model.ssh_keys),
        "charmhub-url": charmhub_url,
        "default-base": "",
        "default-space": "",
        "development": False,
        "logging-config": "<root>=INFO",
        "test-mode": False,
        "update-status-hook-interval": "5m",
        "automatically-retry-hooks": True,
        **{f"juju-{scheme}-proxy": "" for scheme in ("http", "https", "ftp", "no")},
    }
    found: dict[str, tuple[Any, str]] = {key: (value, "default") for key, value in defaults.items()}
    found.update({key: (value, "controller") for key, value in (inherited or {}).items() if value})
    found.update({key: (value, "model") for key, value in model.config.items()})
    return found


def set_config(tx: Transaction, model: Model, settings: Mapping[str, Any]) -> None:
    for key in settings:
        if key in _READ_ONLY:
            raise BadRequest(f"{key} cannot be changed")
    values = dict(settings)
    keys = values.pop("authorized-keys", None)
    if keys is not None:
        model.ssh_keys = [line.strip() for line in str(keys).splitlines() if line.strip()]
    model.config.update(values)
    tx.put(model)


def unset_config(tx: Transaction, model: Model, keys: Iterable[str]) -> None:
    for key in keys:
        if key in _READ_ONLY:
            raise BadRequest(f"{key} cannot be changed")
        model.config.pop(key, None)
    tx.put(model)


def _is_used(edit: ModelEdit, offer: Offer) -> bool:
    return any(relation.life == "alive" for relation in connections(edit, offer))


def _let_die(
    edit: ModelEdit, entities: Iterable[Application | RemoteApplication | Machine | Relation | Unit]
) -> None:
    for entity in entities:
        if entity.life == "alive":
            entity.life = "dying"
            edit.put(entity)
