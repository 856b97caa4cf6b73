"""Application: configuration of applications."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, base_json, untag
from sunbeam.operators.charm_metadata import effective_config
from sunbeam.operators.entities import Application
from sunbeam.operators.operations.applications import ALPHA_SPACE
from sunbeam.operators.operations.charms import endpoints_of
from sunbeam.operators.operations.config import apply_settings, drop_settings, parse_settings


class ConfigSet(Params):
    application: str
    config: dict[str, Any] = {}
    config_yaml: str = ""


class SetParams(Params):
    args: list[ConfigSet] = Field(validation_alias=AliasChoices("Args", "args"))


class ConfigUnset(Params):
    application: str
    options: list[str] = []


class UnsetParams(Params):
    args: list[ConfigUnset] = Field(validation_alias=AliasChoices("Args", "args"))


class GetParams(Params):
    application: str


@method("Application.SetConfigs", "write")
def set_configs(call: Call, params: SetParams) -> Json:
    def change(item: ConfigSet) -> None:
        with call.edit() as edit:
            application = edit.application(item.application)
            settings = parse_settings(application.name, item.config, item.config_yaml)
            apply_settings(application, edit.charm_of(application), settings)
            edit.put(application)

    return each(params.args, change)


@method("Application.UnsetApplicationsConfig", "write")
def unset_applications_config(call: Call, params: UnsetParams) -> Json:
    def change(item: ConfigUnset) -> None:
        with call.edit() as edit:
            application = edit.application(item.application)
            drop_settings(application, edit.charm_of(application), item.options)
            edit.put(application)

    return each(params.args, change)


@method("Application.Get", "read")
def get(call: Call, params: GetParams) -> Json:
    return _config(call, call.view.application(params.application))


@method("Application.CharmConfig", "read")
def charm_config(call: Call, params: Entities) -> Json:
    def config(entity: Entity) -> Json:
        name = untag(entity.tag, "application")
        return {"config": _config(call, call.view.application(name))["config"]}

    return each(params.entities, config)


def _config(call: Call, application: Application) -> Json:
    charm = call.view.charm_of(application)
    values = effective_config(charm, application)
    return {
        "application": application.name,
        "charm": charm.name,
        "config": {name: _option(spec, name, application, values) for name, spec in charm.config.items()},
        "application-config": {
            "trust": {
                "description": "Does this application have access to trusted credentials",
                "type": "bool",
                "default": False,
                "value": application.trust,
                "source": "user" if application.trust else "default",
            }
        },
        "constraints": application.constraints,
        "base": base_json(application.base),
        "channel": application.channel,
        "endpoint-bindings": {
            end.name: ALPHA_SPACE for end in endpoints_of(charm, application.name)
        } | {"": ALPHA_SPACE},
    }  # fmt: skip


def _option(spec: Json, name: str, application: Application, values: dict[str, Any]) -> Json:
    shown: Json = {
        "description": spec.get("description", ""),
        "type": spec.get("type", "string"),
        "source": "user" if name in application.config else "default" if name in values else "unset",
    }
    if spec.get("default") is not None:
        shown["default"] = spec["default"]
    if name in values:
        shown["value"] = values[name]
    return shown
