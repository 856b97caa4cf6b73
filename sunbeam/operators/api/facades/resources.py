"""Resources: announcing uploads, and what applications have."""

from __future__ import annotations

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, untag
from sunbeam.operators.entities import Application
from sunbeam.operators.operations.charms import resources_of
from sunbeam.operators.operations.resources import add_pending


class NewResource(Params):
    name: str
    type: str = "oci-image"


class AddPendingParams(Params):
    tag: str
    url: str = ""
    resources: list[NewResource] = []


@method("Resources.AddPendingResources", "write")
def add_pending_resources(call: Call, params: AddPendingParams) -> Json:
    application = untag(params.tag, "application")
    with call.edit() as edit:
        added = [add_pending(edit, application, item.name, item.type) for item in params.resources]
    return {"pending-ids": [pending.pending_id for pending in added]}


@method("Resources.ListResources", "read")
def list_resources(call: Call, params: Entities) -> Json:
    def resources(entity: Entity) -> Json:
        return _resources(call, call.view.application(untag(entity.tag, "application")))

    return each(params.entities, resources)


def _resources(call: Call, application: Application) -> Json:
    declared = resources_of(call.view.charm_of(application))
    described = [
        {
            "name": name,
            "type": spec.get("type", "file"),
            "path": spec.get("filename", ""),
            "description": spec.get("description", ""),
            "origin": "upload",
            "revision": 0,
            "fingerprint": "",
            "size": 0,
        }
        for name, spec in declared.items()
    ]
    return {
        "resources": [
            {
                **description,
                "id": f"{application.name}/{description['name']}",
                "pending-id": "",
                "application": application.name,
                "username": "admin",
                "timestamp": call.model.created,
            }
            for description in described
            if application.resources.get(description["name"])
        ],
        "charm-store-resources": described,
        "unit-resources": [],
    }
