"""ModelManager: listing, creating, describing and destroying models, and access to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import AliasChoices, Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.permissions import has_model_access, is_superuser, model_access
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, untag, user_in
from sunbeam.operators.entities import Application, Machine, Model, Unit, User
from sunbeam.operators.operations.controller import JUJU_VERSION, is_controller_model
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import Unauthorized
from sunbeam.operators.operations.models import CLOUDS, create_model, destroy_model
from sunbeam.operators.operations.users import MODEL_LEVELS, modify_access, user_by_name


class SummariesParams(Params):
    user_tag: str = ""
    all: bool = False


class CreateParams(Params):
    name: str
    owner_tag: str
    cloud_tag: str = ""
    config: dict[str, Any] = {}


class DestroyParams(Params):
    model_tag: str
    force: bool = False
    destroy_storage: bool = False


class DestroyAllParams(Params):
    models: list[DestroyParams]


class AccessChange(Params):
    model_tag: str
    user_tag: str
    action: str
    access: str


class AccessChanges(Params):
    changes: list[AccessChange]


class DefaultsParams(Params):
    entities: list[Entity] = Field([], validation_alias=AliasChoices("entities", "keys"))


@method("ModelManager.ListModelSummaries", "login")
def list_model_summaries(call: Call, params: SummariesParams) -> Json:
    shown = _visible_models(call, params.user_tag, params.all)
    return {"results": [{"result": _summary(call, model)} for model in shown]}


@method("ModelManager.ListModels", "login")
def list_models(call: Call, params: Entity) -> Json:
    return user_models(call, _visible_models(call, params.tag, False))


@method("ModelManager.CreateModel", "add-model")
def create(call: Call, params: CreateParams) -> Json:
    owner = user_in(params.owner_tag)
    if owner != call.user.name:
        call.require("superuser")
    user_by_name(call.store, owner)
    cloud = untag(params.cloud_tag, "cloud") if params.cloud_tag else next(iter(CLOUDS))
    with call.store.transaction() as tx:
        model = create_model(call.store, tx, params.name, owner, cloud, params.config)
    return _info(call, model)


@method("ModelManager.ModelInfo", "login")
def model_info(call: Call, params: Entities) -> Json:
    def info(entity: Entity) -> Json:
        return {"result": _info(call, call.model_with(untag(entity.tag, "model"), "read"))}

    return each(params.entities, info)


@method("ModelManager.ModelStatus", "login")
def model_status(call: Call, params: Entities) -> Json:
    def status(entity: Entity) -> Json:
        model = call.model_with(untag(entity.tag, "model"), "read")
        view = ModelView(call.store, model)
        units = view.all(Unit)
        return {
            "model-tag": f"model-{model.model_uuid}",
            "life": model.life,
            "type": _type(model),
            "owner-tag": f"user-{model.owner}",
            "hosted-machine-count": len(view.all(Machine)),
            "application-count": len(view.all(Application)),
            "unit-count": len(units),
            "applications": [{"name": application.name} for application in view.all(Application)],
            "machines": [],
            "volumes": [],
            "filesystems": [],
        }

    return each(params.entities, status, "models")


@method("ModelManager.DestroyModels", "login")
def destroy(call: Call, params: DestroyAllParams) -> Json:
    def let_go(item: DestroyParams) -> None:
        model = call.model_with(untag(item.model_tag, "model"), "admin")
        with call.edit(model) as edit:
            destroy_model(edit, item.force)

    return each(params.models, let_go)


@method("ModelManager.ModifyModelAccess", "login")
def modify_model_access(call: Call, params: AccessChanges) -> Json:
    def modify(change: AccessChange) -> None:
        model = call.model_with(untag(change.model_tag, "model"), "admin")
        user = user_by_name(call.store, user_in(change.user_tag))
        with call.store.transaction() as tx:
            modify_access(tx, model, MODEL_LEVELS, user.name, change.action, change.access)

    return each(params.changes, modify)


@method("ModelManager.ModelDefaultsForClouds", "login")
def model_defaults_for_clouds(call: Call, params: DefaultsParams) -> Json:
    return each(params.entities, lambda entity: {"config": {}})


def user_models(call: Call, models: Iterable[Model]) -> Json:
    return {
        "user-models": [
            {
                "model": {
                    "name": model.name,
                    "uuid": model.model_uuid,
                    "type": _type(model),
                    "owner-tag": f"user-{model.owner}",
                },
                "last-connection": None,
            }
            for model in models
        ]
    }


def _visible_models(call: Call, user_tag: str, everything: bool) -> list[Model]:
    """The models ``user_tag`` may read; a superuser may ask for another user's, or for all."""
    user: User = call.user
    name = user_in(user_tag) if user_tag else user.name
    if name != user.name:
        if not is_superuser(user):
            raise Unauthorized()
        user = user_by_name(call.store, name)
    return [
        model
        for model in call.store.all(Model)
        if (everything and is_superuser(call.user)) or has_model_access(user, model, "read")
    ]


def _type(model: Model) -> str:
    return "caas" if model.type == "kubernetes" else "iaas"


def _summary(call: Call, model: Model) -> Json:
    view = ModelView(call.store, model)
    return {
        "name": model.name,
        "uuid": model.model_uuid,
        "type": _type(model),
        "controller-uuid": call.controller.uuid,
        "is-controller": is_controller_model(model),
        "provider-type": model.type,
        "default-series": "",
        "cloud-tag": "cloud-sunbeam" if model.type == "kubernetes" else "cloud-machines",
        "cloud-region": "default",
        "cloud-credential-tag": "",
        "owner-tag": f"user-{model.owner}",
        "life": model.life,
        "status": {
            "status": "available" if model.life == "alive" else "destroying",
            "info": "",
            "since": model.created,
            "data": {},
        },
        "user-access": model_access(call.user, model),
        "last-connection": None,
        "counts": [
            {"entity": "machines", "count": len(view.all(Machine))},
            {"entity": "units", "count": len(view.all(Unit))},
        ],
        "sla": {"level": "unsupported", "owner": ""},
        "agent-version": JUJU_VERSION,
    }


def _info(call: Call, model: Model) -> Json:
    summary = _summary(call, model)
    for key in ("user-access", "last-connection", "counts"):
        del summary[key]
    view = ModelView(call.store, model)
    return summary | {
        "default-base": "",
        "users": [_model_user(call, model, name, access) for name, access in model.access.items()],
        "machines": [
            {"id": machine.number, "instance-id": machine.instance_id, "status": machine.status.current}
            for machine in view.all(Machine)
        ],
        "secret-backends": [],
        "supported-features": [],
        "migration": None,
        "cloud-credential-validity": True,
    }


def _model_user(call: Call, model: Model, name: str, access: str) -> Json:
    user = call.store.get(User, "", name)
    return {
        "model-tag": f"model-{model.model_uuid}",
        "user": name,
        "display-name": user.display_name if user else name,
        "last-connection": None,
        "access": access,
    }
