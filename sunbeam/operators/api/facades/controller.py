"""Controller: where the controller is, its configuration, and access to it."""

from __future__ import annotations

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.facades.model_manager import model_status, user_models
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, user_in
from sunbeam.operators.entities import Model
from sunbeam.operators.operations.controller import JUJU_VERSION, is_controller_model
from sunbeam.operators.operations.users import modify_controller_access, user_by_name


class AccessChange(Params):
    user_tag: str
    action: str
    access: str


class AccessChanges(Params):
    changes: list[AccessChange]


@method("Controller.AllModels", "superuser")
def all_models(call: Call) -> Json:
    return user_models(call, call.store.all(Model))


@method("Controller.ControllerAPIInfoForModels", "login")
def controller_api_info_for_models(call: Call, params: Entities) -> Json:
    def info(entity: Entity) -> Json:
        return {"addresses": list(call.controller.endpoints), "cacert": call.controller.ca_certificate}

    return each(params.entities, info)


@method("Controller.ControllerConfig", "login")
def controller_config(call: Call) -> Json:
    return {
        "config": {
            "controller-uuid": call.controller.uuid,
            "controller-name": call.controller.name,
            "ca-cert": call.controller.ca_certificate,
            "api-port": int(call.controller.endpoints[0].rpartition(":")[2]),
        }
    }


@method("Controller.ControllerVersion", "login")
def controller_version(call: Call) -> Json:
    return {"version": JUJU_VERSION, "git-commit": ""}


@method("Controller.IdentityProviderURL", "login")
def identity_provider_url(call: Call) -> Json:
    return {"result": ""}


@method("Controller.GetControllerAccess", "login")
def get_controller_access(call: Call, params: Entities) -> Json:
    def access(entity: Entity) -> Json:
        user = user_by_name(call.store, user_in(entity.tag))
        if user.name != call.user.name:
            call.require("superuser")
        return {"result": {"user-tag": entity.tag, "access": user.access}}

    return each(params.entities, access)


@method("Controller.ModifyControllerAccess", "superuser")
def modify_access(call: Call, params: AccessChanges) -> Json:
    def modify(change: AccessChange) -> None:
        user = user_by_name(call.store, user_in(change.user_tag))
        with call.store.transaction() as tx:
            modify_controller_access(tx, user, change.action, change.access)

    return each(params.changes, modify)


@method("Controller.HostedModelConfigs", "superuser")
def hosted_model_configs(call: Call) -> Json:
    models = [model for model in call.store.all(Model) if not is_controller_model(model)]
    return {
        "models": [
            {
                "name": model.name,
                "owner": f"user-{model.owner}",
                "config": model.config,
                "cloud-spec": {"type": model.type, "name": "sunbeam"},
            }
            for model in models
        ]
    }


@method("Controller.ListBlockedModels", "superuser")
def list_blocked_models(call: Call) -> Json:
    return {"models": []}


@method("Controller.RemoveBlocks", "superuser")
def remove_blocks(call: Call) -> Json:
    return {}


@method("Controller.WatchAllModels", "superuser")
def watch_all_models(call: Call) -> Json:
    return {"watcher-id": call.session.add_watcher(call.services.feeds.watch_everything())}


@method("Controller.ModelStatus", "login")
def model_status_of(call: Call, params: Entities) -> Json:
    return model_status(call, params)
