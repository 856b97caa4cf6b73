"""Application.DeployFromRepository: deploying by name a charm that was uploaded here before."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sunbeam.operators.api.call import Call, error_json
from sunbeam.operators.api.facades.charms import STORE_BASE
from sunbeam.operators.api.facades.parameters import PlacementParams, StorageConstraints, placements
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Base, Json, Params, base_json
from sunbeam.operators.operations.applications import Deployment, deploy
from sunbeam.operators.operations.charms import adopt_stored_charm, name_in_url
from sunbeam.operators.operations.errors import OperationError


class DeployItem(Params):
    charm_name: str = Field(alias="CharmName")
    application_name: str = Field("", alias="ApplicationName")
    base: Base = Base()
    channel: str = ""
    config_yaml: str = Field("", alias="ConfigYAML")
    constraints: dict[str, Any] = Field({}, alias="Cons")
    endpoint_bindings: dict[str, str] = {}
    num_units: int = 1
    placement: list[PlacementParams | None] = Field([], alias="Placement")
    storage: dict[str, StorageConstraints] = Field({}, alias="Storage")
    resources: dict[str, str] = {}
    trust: bool = Field(False, alias="Trust")


class DeployParams(Params):
    args: list[DeployItem] = Field(alias="Args")


@method("Application.DeployFromRepository", "write")
def deploy_from_repository(call: Call, params: DeployParams) -> Json:
    return {"results": [_deploy(call, item) for item in params.args]}


def _deploy(call: Call, item: DeployItem) -> Json:
    name = name_in_url(item.charm_name)
    base = str(item.base) or str(STORE_BASE)
    try:
        with call.edit() as edit:
            charm = adopt_stored_charm(edit, name)
            deploy(
                edit,
                Deployment(
                    name=item.application_name or name,
                    charm_url=charm.url,
                    units=item.num_units,
                    config={"trust": True} if item.trust else {},
                    config_yaml=item.config_yaml,
                    constraints=item.constraints,
                    base=base,
                    channel=item.channel or "latest/stable",
                    bindings=item.endpoint_bindings,
                    storage={name: body.directive() for name, body in item.storage.items()},
                    resources=item.resources,
                    placement=placements(item.placement),
                ),
            )
    except OperationError as error:
        return {"Errors": [error_json(error)], "Info": {}, "PendingResourceUploads": []}
    info = {
        "name": name,
        "revision": charm.revision,
        "architecture": "amd64",
        "base": base_json(base),
        "channel": item.channel or "latest/stable",
        "effective-channel": "latest/stable",
    }
    return {"Errors": [], "Info": info, "PendingResourceUploads": []}
