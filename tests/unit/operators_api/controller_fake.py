"""A store with one model, and calls to API methods as any user, without a network."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths
from sunbeam.operators.api import registry
from sunbeam.operators.api.call import Services, Session
from sunbeam.operators.api.connection import Connection, Request
from sunbeam.operators.api.login import Authenticator
from sunbeam.operators.api.registry import load_facades
from sunbeam.operators.api.watcher import Feeds
from sunbeam.operators.api.wire import Json
from sunbeam.operators.entities import Application, Charm, Model, Relation, Unit, User
from sunbeam.operators.operations.applications import Deployment, deploy
from sunbeam.operators.operations.controller import Controller
from sunbeam.operators.operations.edit import ModelView, edit
from sunbeam.operators.operations.relations import add_relation
from sunbeam.operators.store import Store

CONTROLLER = Controller("c0ffee00-0000-4000-8000-000000000000", "sunbeam", ("127.0.0.1:17070",), "CA")
MODEL = "00000000-0000-4000-8000-000000000001"
OTHER_MODEL = "00000000-0000-4000-8000-000000000002"


class FakeController:
    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder / "engine.db", bytes(32))
        self.services = Services(self.store, CONTROLLER, Paths(folder), Feeds(self.store))
        self._numbers = itertools.count(1)
        with self.store.transaction() as tx:
            tx.put(User(name="admin", access="superuser"))
        self.model = self.add_model(MODEL, "pods")
        load_facades()

    def add_model(self, model_uuid: str, name: str, type: str = "kubernetes") -> Model:
        model = Model.model_validate({"model_uuid": model_uuid, "name": name, "type": type})
        with self.store.transaction() as tx:
            tx.put(model)
        return model

    def add_user(self, name: str, access: str = "login", model_access: str = "") -> None:
        user = User.model_validate({"name": name, "access": access})
        with self.store.transaction() as tx:
            if model_access:
                self.model.access[name] = model_access
            tx.put(user, self.model)

    def add_charm(self, name: str, model: Model | None = None, **metadata: Any) -> Charm:
        extra = {key: metadata.pop(key) for key in ("config", "actions") if key in metadata}
        charm = Charm(
            model_uuid=(model or self.model).model_uuid,
            url=f"local:{name}-0",
            name=name,
            revision=0,
            sha256=f"{next(self._numbers):064x}",
            path="/nowhere",
            metadata={"name": name, **metadata},
            **extra,
        )
        with self.store.transaction() as tx:
            tx.put(charm)
        return charm

    def deploy(self, charm: Charm, name: str = "", units: int = 1, model: Model | None = None) -> Application:
        with edit(self.store, model or self.model) as editing:
            return deploy(editing, Deployment(name or charm.name, charm.url, units))

    def relate(self, *ends: str, model: Model | None = None) -> Relation:
        with edit(self.store, model or self.model) as editing:
            return add_relation(editing, list(ends))

    @property
    def view(self) -> ModelView:
        return ModelView(self.store, self.model)

    def unit(self, name: str) -> Unit:
        return self.view.unit(name)

    async def call(
        self,
        name: str,
        params: Json | None = None,
        *,
        user: str = "admin",
        model: str = MODEL,
        version: int = 0,
    ) -> Json:
        """The reply to ``FACADE.METHOD``; ``model`` is empty on a controller connection."""
        session = Session(self.services, "test", model, user)
        return await self.call_in(session, name, params, version=version)

    async def call_in(self, session: Session, name: str, params: Json | None = None, **fields: Any) -> Json:
        facade, _, request = name.partition(".")
        version = fields.pop("version", 0) or newest_version(facade)
        frame = Request.model_validate(
            {"type": facade, "request": request, "version": version, "params": params, **fields}
        )
        connection = Connection(session, Authenticator(self.store), socket=NO_SOCKET)
        return await connection.answer(frame)


class _NoSocket:
    """Replies are read from ``answer``; nothing is sent."""


NO_SOCKET: Any = _NoSocket()


def newest_version(facade: str) -> int:
    every = registry.EVERYWHERE | registry.CONTROLLER_FACADES | registry.MODEL_FACADES | registry.UNADVERTISED
    return max(every.get(facade, [1]))
