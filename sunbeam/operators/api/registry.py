"""Facades: their versions, and the functions that answer their methods."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from pydantic import ValidationError

from sunbeam.operators.api.permissions import Access
from sunbeam.operators.api.wire import Json, Params
from sunbeam.operators.operations.errors import BadRequest, OperationError

EVERYWHERE = {"Admin": [3], "Pinger": [1]}
CONTROLLER_FACADES = {
    "AllModelWatcher": [4],
    "ApplicationOffers": [4, 5],
    "Cloud": [7],
    "Controller": [11, 12],
    "CredentialManager": [1],
    "ModelManager": [9, 10],
    "SecretBackends": [1],
    "UserManager": [3],
}
MODEL_FACADES = {
    "Action": [7],
    "AllWatcher": [3],
    "Annotations": [2],
    "Application": [15, 16, 17, 18, 19, 20],
    "Block": [2],
    "Bundle": [6],
    "Charms": [5, 6, 7],
    "Client": [6, 7, 8],
    "KeyManager": [1],
    "MachineManager": [9, 10],
    "ModelConfig": [3],
    "Resources": [3],
    "SSHClient": [4],
    "Secrets": [1, 2],
    "Spaces": [6],
    "Storage": [6],
    "Subnets": [5],
}
UNADVERTISED = {"Sunbeam": [1]}
"""Our own additions: clients of Juju warn about facades they do not know, so they are not announced."""


class NotImplementedMethod(OperationError):
    code = "not implemented"


Handler = Callable[..., Json | Awaitable[Json]]
HandlerT = TypeVar("HandlerT", bound=Handler)


@dataclass(frozen=True)
class Method:
    """A registered method; ``params`` is the type its parameters are validated with, if it takes any."""

    name: str
    access: Access
    handler: Handler
    params: type[Params] | None

    def parse(self, raw: Any) -> tuple[Params, ...]:
        """Raises BadRequest if ``raw`` does not fit."""
        if self.params is None:
            return ()
        try:
            return (self.params.model_validate(raw or {}),)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadRequest(f"{self.name}: {where}: {first['msg']}") from None


_methods: dict[tuple[str, str], Method] = {}


def method(name: str, access: Access) -> Callable[[HandlerT], HandlerT]:
    """Register ``handler(call[, params])`` as ``FACADE.METHOD``."""

    def register(handler: HandlerT) -> HandlerT:
        hints = get_type_hints(handler)
        hints.pop("return", None)
        params = hints.get("params")
        facade, _, request = name.partition(".")
        _methods[facade, request] = Method(name, access, handler, params)
        return handler

    return register


def load_facades() -> None:
    """Import every facade, so that its methods are registered."""
    from sunbeam.operators.api import facades

    for module in pkgutil.iter_modules(facades.__path__):
        importlib.import_module(f"{facades.__name__}.{module.name}")


def advertised(on_model: bool) -> dict[str, list[int]]:
    return EVERYWHERE | (MODEL_FACADES if on_model else CONTROLLER_FACADES)


def find_method(facade: str, version: int, request: str, on_model: bool) -> Method:
    """Raises NotImplementedMethod, worded as Juju does."""
    versions = (advertised(on_model) | UNADVERTISED).get(facade)
    if versions is None:
        raise NotImplementedMethod(f'unknown facade type "{facade}"')
    found = _methods.get((facade, request))
    if found is None or version not in versions:
        raise NotImplementedMethod(
            f"no such request - method {facade}({version}).{request} is not implemented"
        )
    return found
