"""Users, and what they may do on the controller, in models and with offers."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from typing import Literal, cast, get_args

from sunbeam.operators.entities import Model, Offer, User
from sunbeam.operators.operations.controller import ADMIN
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound, OperationError
from sunbeam.operators.operations.passwords import hash_password
from sunbeam.operators.store import Store, Transaction

ControllerAccess = Literal["", "login", "add-model", "superuser"]
CONTROLLER_LEVELS: tuple[str, ...] = get_args(ControllerAccess)
MODEL_LEVELS = ("", "read", "write", "admin")
OFFER_LEVELS = ("", "read", "consume", "admin")
USER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.+-]*[a-zA-Z0-9]\Z|[a-zA-Z0-9]\Z")


def user_by_name(store: Store, name: str) -> User:
    user = store.get(User, "", name)
    if user is None:
        raise NotFound(f'user "{name}" not found')
    return user


def add_user(store: Store, tx: Transaction, name: str, display_name: str, password: str) -> User:
    """Raises AlreadyExists, BadRequest."""
    if not USER_NAME.match(name):
        raise BadRequest(f'"{name}" is not a valid user name')
    if store.get(User, "", name) is not None:
        raise AlreadyExists("failed to create user: username unavailable")
    user = User(name=name, display_name=display_name, password_hash=hash_password(password))
    tx.put(user)
    return user


def remove_user(store: Store, tx: Transaction, user: User) -> None:
    """Forget a user and every access given to them.  The administrator stays."""
    if user.name == ADMIN:
        raise BadRequest(f'cannot delete controller owner "{ADMIN}"')
    holders: list[Model | Offer] = [*store.all(Model), *store.all(Offer)]
    for holder in holders:
        if holder.access.pop(user.name, None) is not None:
            tx.put(holder)
    tx.delete(user)


def set_disabled(tx: Transaction, user: User, disabled: bool) -> None:
    if user.name == ADMIN and disabled:
        raise BadRequest(f'cannot disable controller owner "{ADMIN}"')
    user.disabled = disabled
    tx.put(user)


def set_password(tx: Transaction, user: User, password: str) -> None:
    if not password:
        raise BadRequest("cannot use an empty password")
    user.password_hash = hash_password(password)
    tx.put(user)


def random_password() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def modify_controller_access(tx: Transaction, user: User, action: str, access: str) -> None:
    level = _modified(CONTROLLER_LEVELS, user.access, action, access)
    if user.name == ADMIN and level != "superuser":
        raise BadRequest(f'cannot revoke access of controller owner "{ADMIN}"')
    user.access = cast(ControllerAccess, level)
    tx.put(user)


def modify_access(
    tx: Transaction, holder: Model | Offer, levels: Sequence[str], user: str, action: str, access: str
) -> None:
    """Grant or revoke ``access`` of ``user`` to a model or offer."""
    level = _modified(levels, holder.access.get(user, ""), action, access)
    if level:
        holder.access[user] = level
    else:
        holder.access.pop(user, None)
    tx.put(holder)


def _modified(levels: Sequence[str], current: str, action: str, access: str) -> str:
    """The level after a grant or revoke.  A grant never lowers it; a revoke leaves the next lower one."""
    if access not in levels or not access:
        raise BadRequest(f'"{access}" access not valid, expected one of: {", ".join(levels[1:])}')
    rank = levels.index(access)
    if action == "grant":
        if levels.index(current) >= rank:
            raise OperationError(f'user already has "{access}" access or greater')
        return access
    if action == "revoke":
        return levels[min(levels.index(current), rank - 1)]
    raise BadRequest(f'unknown action "{action}", expected grant or revoke')
