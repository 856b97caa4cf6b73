"""One API request: who asks, on which model, and what a facade method needs to answer it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from sunbeam.core.paths import Paths
from sunbeam.operators.api.permissions import Access, ModelLevel, has_model_access, is_superuser, require
from sunbeam.operators.api.watcher import Feeds, Watcher
from sunbeam.operators.api.wire import Json
from sunbeam.operators.entities import Model, User
from sunbeam.operators.operations.controller import Controller, model_by_uuid
from sunbeam.operators.operations.edit import ModelEdit, ModelView, edit
from sunbeam.operators.operations.errors import BadRequest, NotFound, OperationError, Unauthorized
from sunbeam.operators.operations.secrets import SecretAccessDenied, SecretError, SecretNotFound
from sunbeam.operators.store import Store

Item = TypeVar("Item")
MAX_WATCHERS = 32


@dataclass(frozen=True)
class Services:
    """What all connections share.  ``misses`` counts the requests nobody answers, by their name."""

    store: Store
    controller: Controller
    paths: Paths
    feeds: Feeds
    misses: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)


@dataclass
class Session:
    """What one connection has: its user after login, its model if it is a model's, its watchers."""

    services: Services
    peer: str
    model_uuid: str = ""
    user_name: str = ""
    watchers: dict[str, Watcher] = field(default_factory=dict)

    def add_watcher(self, watcher: Watcher) -> str:
        if len(self.watchers) >= MAX_WATCHERS:
            watcher.stop()
            raise BadRequest(f"this connection has {MAX_WATCHERS} watchers already: stop one first")
        id = str(max((int(known) for known in self.watchers), default=0) + 1)
        self.watchers[id] = watcher
        return id

    def close(self) -> None:
        for watcher in self.watchers.values():
            watcher.stop()
        self.watchers.clear()


@dataclass(frozen=True)
class Call:
    """Passed to every method.  ``object_id`` is the watcher's id in ``AllWatcher`` requests."""

    session: Session
    user: User
    object_id: str = ""

    @property
    def services(self) -> Services:
        return self.session.services

    @property
    def store(self) -> Store:
        return self.session.services.store

    @property
    def controller(self) -> Controller:
        return self.session.services.controller

    @property
    def model(self) -> Model:
        """The model of this connection.  Raises NotFound once it is gone."""
        return model_by_uuid(self.store, self.session.model_uuid)

    @property
    def view(self) -> ModelView:
        return ModelView(self.store, self.model)

    def edit(self, model: Model | None = None) -> AbstractContextManager[ModelEdit]:
        return edit(self.store, model or self.model)

    def require(self, access: Access) -> None:
        """Raises Unauthorized."""
        require(self.user, self.model if self.session.model_uuid else None, access)

    def model_with(self, model_uuid: str, level: ModelLevel) -> Model:
        """A model by UUID on a controller connection.  Raises Unauthorized, NotFound to superusers."""
        try:
            model = model_by_uuid(self.store, model_uuid)
        except NotFound:
            if is_superuser(self.user):
                raise
            raise Unauthorized() from None
        if not has_model_access(self.user, model, level):
            raise Unauthorized()
        return model


def each(items: Iterable[Item], act: Callable[[Item], Json | None], key: str = "results") -> Json:
    """Answer every item on its own: ``act``'s reply, or ``{"error": {...}}`` for what it refuses."""
    return {key: [_one(item, act) for item in items]}


def _one(item: Item, act: Callable[[Item], Json | None]) -> Json:
    try:
        return act(item) or {}
    except (OperationError, SecretError) as error:
        return {"error": error_json(error)}


def error_json(error: OperationError | SecretError) -> Json:
    return {"message": str(error), "code": error_code(error)}


def error_code(error: OperationError | SecretError) -> str:
    match error:
        case OperationError():
            return error.code
        case SecretNotFound():
            return NotFound.code
        case SecretAccessDenied():
            return Unauthorized.code
        case _:
            return BadRequest.code
