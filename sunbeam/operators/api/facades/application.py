"""Application: deploying, upgrading, exposing and removing applications."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.facades.parameters import PlacementParams, StorageConstraints, placements
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import (
    Base,
    Entities,
    Entity,
    Json,
    Params,
    base_json,
    storage_tag,
    unit_tag,
    untag,
)
from sunbeam.operators.charm_metadata import is_subordinate
from sunbeam.operators.entities import Application
from sunbeam.operators.operations.applications import (
    ALPHA_SPACE,
    Deployment,
    belongings,
    deploy,
    destroy_application,
    expose,
    merge_bindings,
    set_charm,
    unexpose,
)
from sunbeam.operators.operations.charms import endpoints_of
from sunbeam.operators.operations.config import parse_settings


class CharmOrigin(Params):
    base: Base = Base()
    track: str = ""
    risk: str = ""
    branch: str = ""

    @property
    def channel(self) -> str:
        return "/".join(part for part in (self.track, self.risk, self.branch) if part)


class DeployItem(Params):
    application: str
    charm_url: str
    charm_origin: CharmOrigin = CharmOrigin()
    channel: str = ""
    num_units: int = 0
    config: dict[str, Any] = {}
    config_yaml: str = ""
    constraints: dict[str, Any] = {}
    endpoint_bindings: dict[str, str] = {}
    resources: dict[str, str] = {}
    storage: dict[str, StorageConstraints] = {}
    placement: list[PlacementParams | None] = []


class DeployParams(Params):
    applications: list[DeployItem]


class SetCharmParams(Params):
    application: str
    charm_url: str
    charm_origin: CharmOrigin = CharmOrigin()
    channel: str = ""
    config_settings: dict[str, Any] = {}
    config_settings_yaml: str = ""
    resource_ids: dict[str, str] = {}
    storage_constraints: dict[str, StorageConstraints] = {}
    endpoint_bindings: dict[str, str] = {}


class DestroyItem(Params):
    application_tag: str
    force: bool = False
    destroy_storage: bool = False
    dry_run: bool = False


class DestroyParams(Params):
    applications: list[DestroyItem]


class ExposeParams(Params):
    application: str
    exposed_endpoints: dict[str, Any] = {}


class UnexposeParams(Params):
    application: str
    exposed_endpoints: list[str] = []


class ConstraintsParams(Params):
    application: str
    constraints: dict[str, Any] = {}


class Bindings(Params):
    application_tag: str
    bindings: dict[str, str] = {}


class MergeBindingsParams(Params):
    args: list[Bindings] = Field(validation_alias=AliasChoices("args", "Args"))


class NameParams(Params):
    application: str


@method("Application.Deploy", "write")
def deploy_applications(call: Call, params: DeployParams) -> Json:
    def create(item: DeployItem) -> None:
        with call.edit() as edit:
            deploy(
                edit,
                Deployment(
                    name=item.application,
                    charm_url=item.charm_url,
                    units=item.num_units,
                    config=item.config,
                    config_yaml=item.config_yaml,
                    constraints=item.constraints,
                    base=str(item.charm_origin.base),
                    channel=item.channel or item.charm_origin.channel,
                    bindings=item.endpoint_bindings,
                    storage={name: body.directive() for name, body in item.storage.items()},
                    resources=item.resources,
                    placement=placements(item.placement),
                ),
            )

    return each(params.applications, create)


@method("Application.SetCharm", "write")
def upgrade(call: Call, params: SetCharmParams) -> Json:
    with call.edit() as edit:
        application = edit.application(params.application)
        set_charm(
            edit,
            application,
            params.charm_url,
            resources=params.resource_ids,
            settings=parse_settings(application.name, params.config_settings, params.config_settings_yaml),
            channel=params.channel or params.charm_origin.channel,
            storage={name: body.directive() for name, body in params.storage_constraints.items()},
        )
        merge_bindings(edit, application, params.endpoint_bindings)
    return {}


@method("Application.GetCharmURLOrigin", "read")
def get_charm_url_origin(call: Call, params: NameParams) -> Json:
    application = call.view.application(params.application)
    charm = call.view.charm_of(application)
    track, _, risk = application.channel.rpartition("/")
    return {
        "url": charm.url,
        "charm-origin": {
            "source": "local" if charm.url.startswith("local:") else "charm-hub",
            "type": "charm",
            "id": "",
            "hash": charm.sha256,
            "revision": charm.revision,
            "track": track or None,
            "risk": risk,
            "branch": None,
            "architecture": "amd64",
            "base": base_json(application.base),
            "instance-key": "",
        },
    }


@method("Application.DestroyApplication", "write")
def destroy(call: Call, params: DestroyParams) -> Json:
    def let_go(item: DestroyItem) -> Json:
        name = untag(item.application_tag, "application")
        with call.edit() as edit:
            application = edit.application(name)
            units, storage = belongings(edit, application)
            if not item.dry_run:
                destroy_application(edit, application, force=item.force, destroy_storage=item.destroy_storage)
        tags = [{"tag": storage_tag(instance.tag)} for instance in storage]
        return {
            "info": {
                "destroyed-units": [{"tag": unit_tag(unit.name)} for unit in units],
                "destroyed-storage": tags if item.destroy_storage else [],
                "detached-storage": [] if item.destroy_storage else tags,
            }
        }

    return each(params.applications, let_go)


@method("Application.Expose", "write")
def expose_application(call: Call, params: ExposeParams) -> Json:
    with call.edit() as edit:
        expose(edit, edit.application(params.application), params.exposed_endpoints)
    return {}


@method("Application.Unexpose", "write")
def unexpose_application(call: Call, params: UnexposeParams) -> Json:
    with call.edit() as edit:
        unexpose(edit, edit.application(params.application), params.exposed_endpoints)
    return {}


@method("Application.SetConstraints", "write")
def set_constraints(call: Call, params: ConstraintsParams) -> Json:
    with call.edit() as edit:
        application = edit.application(params.application)
        application.constraints = {k: v for k, v in params.constraints.items() if v not in (None, "", [])}
        edit.put(application)
    return {}


@method("Application.GetConstraints", "read")
def get_constraints(call: Call, params: Entities) -> Json:
    def constraints(entity: Entity) -> Json:
        return {"constraints": call.view.application(untag(entity.tag, "application")).constraints}

    return each(params.entities, constraints)


@method("Application.MergeBindings", "write")
def merge(call: Call, params: MergeBindingsParams) -> Json:
    def change(item: Bindings) -> None:
        with call.edit() as edit:
            merge_bindings(edit, edit.application(untag(item.application_tag, "application")), item.bindings)

    return each(params.args, change)


@method("Application.ApplicationsInfo", "read")
def applications_info(call: Call, params: Entities) -> Json:
    def info(entity: Entity) -> Json:
        return {"result": _info(call, call.view.application(untag(entity.tag, "application")))}

    return each(params.entities, info)


def _info(call: Call, application: Application) -> Json:
    charm = call.view.charm_of(application)
    bindings = {end.name: ALPHA_SPACE for end in endpoints_of(charm, application.name)}
    return {
        "tag": f"application-{application.name}",
        "charm": charm.name,
        "base": base_json(application.base),
        "channel": application.channel,
        "constraints": application.constraints,
        "principal": not is_subordinate(charm),
        "exposed": application.exposed is not None,
        "exposed-endpoints": application.exposed or {},
        "remote": False,
        "life": application.life,
        "endpoint-bindings": bindings | {"": ALPHA_SPACE},
    }
