"""Charms: what their metadata says, and how an unpacked one becomes a charm of a model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from sunbeam.operators.entities import Charm, Endpoint, Role
from sunbeam.operators.operations.edit import ModelEdit
from sunbeam.operators.operations.errors import BadRequest, NotFound
from sunbeam.operators.store import Store

CHARM_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*\Z")
_ROLES: tuple[tuple[str, Role], ...] = (("provides", "provider"), ("requires", "requirer"), ("peers", "peer"))


def add_charm(edit: ModelEdit, folder: Path, sha256: str, series: str = "") -> Charm:
    """Register the unpacked charm in ``folder`` under the next revision of its name.

    The same content uploaded again keeps its URL: nothing changed that units could upgrade to.
    Raises BadRequest if its metadata is not that of a charm.
    """
    metadata = _read_yaml(folder / "metadata.yaml", required=True)
    name = metadata.get("name")
    if not isinstance(name, str) or not CHARM_NAME.match(name):
        raise BadRequest(f"metadata.yaml of the charm has no valid name: {name!r}")
    known = [charm for charm in edit.all(Charm) if charm.name == name and charm.url.startswith("local:")]
    for charm in known:
        if charm.sha256 == sha256:
            return charm
    revision = max((charm.revision for charm in known), default=-1) + 1
    charm = Charm(
        model_uuid=edit.model.model_uuid,
        url=f"local:{series + '/' if series else ''}{name}-{revision}",
        name=name,
        revision=revision,
        sha256=sha256,
        path=str(folder),
        metadata=metadata,
        config=_read_yaml(folder / "config.yaml").get("options") or {},
        actions=_actions(_read_yaml(folder / "actions.yaml")),
    )
    edit.put(charm)
    return charm


def stored_charm(store: Store, name: str) -> Charm:
    """The newest revision of ``name`` uploaded to any model.  Raises NotFound with Charmhub's text."""
    charms = [charm for charm in store.all(Charm) if charm.name == name]
    if not charms:
        raise NotFound(f'resolving with preferred channel: No charm or bundle with name "{name}".')
    return charms[-1]


def name_in_url(url: str) -> str:
    """``glance`` for ``glance``, ``ch:glance``, ``ch:amd64/jammy/glance-3`` and ``local:glance-3``."""
    return re.sub(r"-\d+\Z", "", url.rpartition(":")[2].rpartition("/")[2])


def adopt_stored_charm(edit: ModelEdit, name: str) -> Charm:
    """Make the newest stored charm ``name`` usable in this model under a ``ch:`` URL."""
    stored = stored_charm(edit.store, name)
    url = f"ch:amd64/{name}-{stored.revision}"
    adopted = edit.find(Charm, url)
    if adopted is None or adopted.sha256 != stored.sha256:
        adopted = stored.model_copy(update={"url": url, "model_uuid": edit.model.model_uuid})
        edit.put(adopted)
    return adopted


def endpoints_of(charm: Charm, application: str) -> list[Endpoint]:
    """The charm's endpoints as endpoints of ``application``, including the implicit ``juju-info``."""
    found = []
    for section, role in _ROLES:
        for name, spec in (charm.metadata.get(section) or {}).items():
            spec = {"interface": spec} if isinstance(spec, str) else spec
            found.append(
                Endpoint(
                    application=application,
                    name=name,
                    role=role,
                    interface=spec.get("interface", ""),
                    scope=spec.get("scope", "global"),
                    limit=spec.get("limit") or 0,
                    optional=bool(spec.get("optional")),
                )
            )
    found.append(Endpoint(application=application, name="juju-info", role="provider", interface="juju-info"))
    return found


def resources_of(charm: Charm) -> dict[str, dict[str, Any]]:
    return {name: spec or {} for name, spec in (charm.metadata.get("resources") or {}).items()}


def _actions(document: dict[str, Any]) -> dict[str, Any]:
    return {name: spec or {} for name, spec in document.items()}


def _read_yaml(path: Path, required: bool = False) -> dict[str, Any]:
    if not path.is_file():
        if required:
            raise BadRequest(f"the charm has no {path.name}: pack it (charmcraft pack) before deploying it")
        return {}
    try:
        document = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path.name} of the charm is not valid YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise BadRequest(f"{path.name} of the charm is not a mapping")
    return document
