"""Charm resources: OCI images and files, uploaded first and then claimed by an application."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import yaml

from sunbeam.operators.entities import Application, Charm, PendingResource
from sunbeam.operators.operations.charms import resources_of
from sunbeam.operators.operations.edit import ModelEdit
from sunbeam.operators.operations.errors import BadRequest, NotFound


def add_pending(edit: ModelEdit, application: str, name: str, type: str) -> PendingResource:
    """Announce an upload; its id is later given to deploy or refresh."""
    if type not in ("oci-image", "file"):
        raise BadRequest(f'resource "{name}" has the unknown type "{type}"')
    pending = PendingResource.model_validate(
        {
            "model_uuid": edit.model.model_uuid,
            "pending_id": str(uuid.uuid4()),
            "application": application,
            "name": name,
            "type": type,
        }
    )
    edit.put(pending)
    return pending


def fill_pending(edit: ModelEdit, pending_id: str, name: str, value: str, fingerprint: str) -> None:
    pending = edit.find(PendingResource, pending_id)
    if pending is None or pending.name != name:
        raise NotFound(f'pending resource "{name}" ({pending_id}) not found')
    pending.value, pending.fingerprint = value, fingerprint
    edit.put(pending)


def attach(edit: ModelEdit, application: Application, name: str, value: str) -> None:
    """Replace a resource of a deployed application."""
    _declared(edit.charm_of(application), name)
    application.resources[name] = value
    edit.put(application)


def claim_resources(
    edit: ModelEdit, application: Application, charm: Charm, pending_ids: Mapping[str, str]
) -> None:
    """Move uploaded resources to ``application``.  Raises NotFound, BadRequest if one was not uploaded."""
    for name, pending_id in pending_ids.items():
        _declared(charm, name)
        pending = edit.find(PendingResource, pending_id)
        if pending is None:
            raise NotFound(f'pending resource "{application.name}/{name}" ({pending_id}) not found')
        if not pending.value:
            raise BadRequest(f'resource "{name}" of application "{application.name}" was not uploaded')
        application.resources[name] = pending.value
        edit.delete(pending)


def image_name(body: bytes) -> str:
    """The image in an uploaded oci-image resource: YAML or JSON with ``registrypath`` or ``ImageName``.

    A bare image name is understood too.  Raises BadRequest.
    """
    try:
        text = body.decode()
        document: Any = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise BadRequest(f"the image resource is neither YAML nor JSON: {error}") from error
    if isinstance(document, Mapping):
        document = document.get("registrypath") or document.get("ImageName")
    if not isinstance(document, str) or not document.strip() or any(c.isspace() for c in document.strip()):
        raise BadRequest('the image resource names no image: expected "registrypath: IMAGE"')
    return document.strip()


def declared_type(charm: Charm, name: str) -> str:
    return str(_declared(charm, name).get("type", "file"))


def _declared(charm: Charm, name: str) -> dict[str, Any]:
    declared = resources_of(charm)
    if name not in declared:
        raise NotFound(f'resource "{name}" not found in charm "{charm.name}"')
    return declared[name]
