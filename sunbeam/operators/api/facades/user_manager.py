"""UserManager: users and their passwords."""

from __future__ import annotations

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.permissions import is_superuser
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, user_in
from sunbeam.operators.entities import User
from sunbeam.operators.operations.errors import Unauthorized
from sunbeam.operators.operations.users import (
    add_user,
    random_password,
    remove_user,
    set_disabled,
    set_password,
    user_by_name,
)


class NewUser(Params):
    username: str
    display_name: str = ""
    password: str = ""


class AddParams(Params):
    users: list[NewUser]


class InfoParams(Params):
    entities: list[Entity] = []
    include_disabled: bool = False


class PasswordChange(Params):
    tag: str
    password: str


class PasswordChanges(Params):
    changes: list[PasswordChange]


@method("UserManager.AddUser", "superuser")
def add(call: Call, params: AddParams) -> Json:
    def create(wanted: NewUser) -> Json:
        password = wanted.password or random_password()
        with call.store.transaction() as tx:
            user = add_user(call.store, tx, wanted.username, wanted.display_name, password)
        return {"tag": f"user-{user.name}", "secret-key": "" if wanted.password else password}

    return each(params.users, create)


@method("UserManager.UserInfo", "login")
def user_info(call: Call, params: InfoParams) -> Json:
    """One user may ask about themselves, a superuser about all (no entities: everybody)."""
    if not params.entities:
        return {
            "results": [
                {"result": _info(user)}
                for user in call.store.all(User)
                if (params.include_disabled or not user.disabled) and _may_see(call, user.name)
            ]
        }

    def info(entity: Entity) -> Json:
        name = user_in(entity.tag)
        if not _may_see(call, name):
            raise Unauthorized()
        return {"result": _info(user_by_name(call.store, name))}

    return each(params.entities, info)


@method("UserManager.SetPassword", "login")
def change_password(call: Call, params: PasswordChanges) -> Json:
    def change(item: PasswordChange) -> None:
        name = user_in(item.tag)
        if not _may_see(call, name):
            raise Unauthorized()
        with call.store.transaction() as tx:
            set_password(tx, user_by_name(call.store, name), item.password)

    return each(params.changes, change)


@method("UserManager.ResetPassword", "superuser")
def reset_password(call: Call, params: Entities) -> Json:
    def reset(entity: Entity) -> Json:
        password = random_password()
        with call.store.transaction() as tx:
            set_password(tx, user_by_name(call.store, user_in(entity.tag)), password)
        return {"tag": entity.tag, "secret-key": password}

    return each(params.entities, reset)


@method("UserManager.DisableUser", "superuser")
def disable_user(call: Call, params: Entities) -> Json:
    return _set_disabled(call, params, True)


@method("UserManager.EnableUser", "superuser")
def enable_user(call: Call, params: Entities) -> Json:
    return _set_disabled(call, params, False)


@method("UserManager.RemoveUser", "superuser")
def remove(call: Call, params: Entities) -> Json:
    def forget(entity: Entity) -> None:
        with call.store.transaction() as tx:
            remove_user(call.store, tx, user_by_name(call.store, user_in(entity.tag)))

    return each(params.entities, forget)


def _set_disabled(call: Call, params: Entities, disabled: bool) -> Json:
    def change(entity: Entity) -> None:
        with call.store.transaction() as tx:
            set_disabled(tx, user_by_name(call.store, user_in(entity.tag)), disabled)

    return each(params.entities, change)


def _may_see(call: Call, name: str) -> bool:
    return is_superuser(call.user) or name == call.user.name


def _info(user: User) -> Json:
    return {
        "username": user.name,
        "display-name": user.display_name or user.name,
        "access": user.access,
        "created-by": "admin",
        "date-created": user.created,
        "last-connection": None,
        "disabled": user.disabled,
    }
