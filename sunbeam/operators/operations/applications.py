"""Applications: deploying, upgrading, exposing and removing them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sunbeam.operators.charm_metadata import is_subordinate, storages
from sunbeam.operators.entities import Application, Charm, Relation, RemoteApplication, Storage, Unit
from sunbeam.operators.operations.charms import endpoints_of, resources_of
from sunbeam.operators.operations.config import apply_settings, parse_settings
from sunbeam.operators.operations.edit import ModelEdit, ModelView
from sunbeam.operators.operations.endpoints import same_end
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound
from sunbeam.operators.operations.relations import add_peer_relations
from sunbeam.operators.operations.resources import claim_resources
from sunbeam.operators.operations.units import Placement, add_units

APPLICATION_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*\Z")
ALPHA_SPACE = "alpha"


@dataclass(frozen=True)
class Deployment:
    """What a deploy request asks for; ``resources`` maps names to pending ids."""

    name: str
    charm_url: str
    units: int = 1
    config: Mapping[str, Any] = field(default_factory=dict)
    config_yaml: str = ""
    constraints: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    channel: str = ""
    bindings: Mapping[str, str] = field(default_factory=dict)
    storage: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    placement: Sequence[Placement] = ()


def deploy(edit: ModelEdit, wanted: Deployment) -> Application:
    """Create the application with its units and peer relations.

    Raises AlreadyExists, NotFound (charm, machine, resource) and BadRequest (name, option, storage).
    """
    edit.require_alive()
    _require_free_name(edit, wanted.name)
    charm = edit.charm(wanted.charm_url)
    application = Application(
        model_uuid=edit.model.model_uuid,
        name=wanted.name,
        charm_url=charm.url,
        constraints={k: v for k, v in wanted.constraints.items() if v not in (None, "", [])},
        base=wanted.base,
        channel=wanted.channel,
        bindings=_checked_bindings(charm, wanted.bindings),
        storage_directives=_checked_storage(charm, wanted.storage),
    )
    apply_settings(application, charm, parse_settings(wanted.name, wanted.config, wanted.config_yaml))
    claim_resources(edit, application, charm, wanted.resources)
    _require_images(application, charm)
    edit.put(application)
    add_peer_relations(edit, application)
    add_units(edit, application, 0 if is_subordinate(charm) else wanted.units, wanted.placement)
    return application


def set_charm(
    edit: ModelEdit,
    application: Application,
    url: str,
    *,
    resources: Mapping[str, str],
    settings: Mapping[str, Any],
    channel: str = "",
    storage: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Upgrade to another revision; its units run upgrade-charm.

    Raises BadRequest if the new charm lacks an endpoint in use or is of another kind.
    """
    old, new = edit.charm_of(application), edit.charm(url)
    _require_upgradable(edit, application, old, new)
    application.charm_url = new.url
    application.channel = channel or application.channel
    application.config = {name: value for name, value in application.config.items() if name in new.config}
    application.storage_directives.update(_checked_storage(new, storage or {}))
    apply_settings(application, new, settings)
    claim_resources(edit, application, new, resources)
    edit.put(application)
    add_peer_relations(edit, application)


def belongings(view: ModelView, application: Application) -> tuple[list[Unit], list[Storage]]:
    """The units of an application and the storage they have."""
    units = view.units_of(application.name)
    owners = {unit.name for unit in units}
    return units, [instance for instance in view.all(Storage) if instance.unit in owners]


def destroy_application(
    edit: ModelEdit, application: Application, *, force: bool = False, destroy_storage: bool = False
) -> None:
    """Let an application go with its units and relations."""
    units, storage = belongings(edit, application)
    if application.life == "alive":
        application.life = "dying"
        edit.put(application)
    for unit in units:
        unit.life = "dying" if unit.life == "alive" else unit.life
        unit.force = unit.force or force
        edit.put(unit)
    for instance in storage if destroy_storage else ():
        instance.life = "dying"
        edit.put(instance)


def expose(edit: ModelEdit, application: Application, endpoints: Mapping[str, Any]) -> None:
    """Expose named endpoints (``""``: all) to CIDRs and spaces, in addition to those exposed already."""
    known = {end.name for end in endpoints_of(edit.charm_of(application), application.name)} | {""}
    unknown = sorted(set(endpoints) - known)
    if unknown:
        raise NotFound(f'endpoint "{unknown[0]}" not found in application "{application.name}"')
    wanted = dict(endpoints) or {"": {"expose-to-cidrs": ["0.0.0.0/0", "::/0"]}}
    application.exposed = {**(application.exposed or {}), **wanted}
    edit.put(application)


def unexpose(edit: ModelEdit, application: Application, endpoints: Sequence[str]) -> None:
    left = {name: body for name, body in (application.exposed or {}).items() if name not in endpoints}
    application.exposed = (left or None) if endpoints else None
    edit.put(application)


def merge_bindings(edit: ModelEdit, application: Application, bindings: Mapping[str, str]) -> None:
    application.bindings.update(_checked_bindings(edit.charm_of(application), bindings))
    edit.put(application)


def _require_free_name(edit: ModelEdit, name: str) -> None:
    if not APPLICATION_NAME.match(name):
        raise BadRequest(f'invalid application name "{name}"')
    taken = edit.find(Application, name)
    if taken is not None:
        reason = "application already exists" if taken.life == "alive" else "it is still being removed"
        raise AlreadyExists(f'cannot add application "{name}": {reason}')
    if edit.find(RemoteApplication, name) is not None:
        raise AlreadyExists(
            f'cannot add application "{name}": saas application with same name already exists'
        )


def _require_images(application: Application, charm: Charm) -> None:
    for name, body in resources_of(charm).items():
        if body.get("type") == "oci-image" and not application.resources.get(name):
            source = body.get("upstream-source")
            if not source:
                raise BadRequest(
                    f'application "{application.name}": the image resource "{name}" is missing;'
                    f" deploy with resources {{'{name}': IMAGE}}"
                )
            application.resources[name] = str(source)


def _require_upgradable(edit: ModelEdit, application: Application, old: Charm, new: Charm) -> None:
    if is_subordinate(old) != is_subordinate(new):
        raise BadRequest(f'cannot upgrade application "{application.name}": it may not change whether it is'
                         " a subordinate")  # fmt: skip
    ends = endpoints_of(new, application.name)
    for relation in edit.relations_of(application.name):
        used = relation.endpoint_of(application.name)
        if used and not _still_offers(ends, relation, application.name):
            raise BadRequest(
                f'cannot upgrade application "{application.name}" to charm "{new.url}": would break'
                f' relation "{relation.key}"'
            )


def _still_offers(ends: list[Any], relation: Relation, application: str) -> bool:
    used = relation.endpoint_of(application)
    return used is None or any(
        same_end(end, used) and (end.role, end.interface) == (used.role, used.interface) for end in ends
    )


def _checked_bindings(charm: Charm, bindings: Mapping[str, str]) -> dict[str, str]:
    known = {end.name for end in endpoints_of(charm, "")} | set(charm.metadata.get("extra-bindings") or {})
    for endpoint, space in bindings.items():
        if endpoint and endpoint not in known:
            raise BadRequest(f'endpoint "{endpoint}" not found in charm "{charm.name}"')
        if space not in ("", ALPHA_SPACE, "0"):
            raise NotFound(f'space "{space}" not found')
    return {endpoint: ALPHA_SPACE for endpoint in bindings}


def _checked_storage(charm: Charm, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    known = {declared.name for declared in storages(charm)}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise BadRequest(f'charm "{charm.name}" has no store called "{unknown[0]}"')
    return {name: {k: v for k, v in body.items() if v is not None} for name, body in wanted.items()}
