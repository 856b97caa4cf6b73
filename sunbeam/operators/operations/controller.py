"""The controller itself: its identity, its administrator and the model named ``controller``."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sunbeam.operators.entities import Model, User
from sunbeam.operators.operations.errors import NotFound
from sunbeam.operators.operations.passwords import hash_password
from sunbeam.operators.store import Store

JUJU_VERSION = "3.6.12"
"""The Juju version this controller speaks like: libjuju needs 3.x, ``ops`` gates features on it."""

CONTROLLER_MODEL = "controller"
ADMIN = "admin"


@dataclass(frozen=True)
class Controller:
    """Who we are to clients.  ``endpoints`` are ``HOST:PORT`` texts, ``ca_certificate`` is PEM."""

    uuid: str
    name: str
    endpoints: tuple[str, ...]
    ca_certificate: str


def ensure_controller(store: Store, admin_password: str) -> str:
    """Create the administrator and the controller model unless they exist; return the controller's UUID.

    The administrator's password is set to ``admin_password`` whenever it differs, so that losing the file
    it is kept in is repaired by writing a new one.
    """
    models = [model for model in store.all(Model) if is_controller_model(model)]
    model = models[0] if models else _controller_model()
    admin = store.get(User, "", ADMIN) or User(name=ADMIN, display_name=ADMIN, access="superuser")
    with store.transaction() as tx:
        admin.password_hash = hash_password(admin_password, keep=admin.password_hash)
        tx.put(model, admin)
    return controller_uuid(model)


def controller_uuid(model: Model) -> str:
    return str(model.config["controller-uuid"])


def is_controller_model(model: Model) -> bool:
    return model.name == CONTROLLER_MODEL and "controller-uuid" in model.config


def model_by_uuid(store: Store, model_uuid: str) -> Model:
    model = store.get(Model, model_uuid, model_uuid)
    if model is None:
        raise NotFound(f'model "{model_uuid}" not found')
    return model


def _controller_model() -> Model:
    return Model(
        model_uuid=str(uuid.uuid4()),
        name=CONTROLLER_MODEL,
        config={"controller-uuid": str(uuid.uuid4())},
        access={ADMIN: "admin"},
    )
