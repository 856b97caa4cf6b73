"""Charms: what is known of uploaded charms, and deploying them by name."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Base, Json, Params, base_json
from sunbeam.operators.charm_metadata import is_subordinate
from sunbeam.operators.entities import Charm
from sunbeam.operators.operations.charms import (
    adopt_stored_charm,
    endpoints_of,
    name_in_url,
    resources_of,
    stored_charm,
)

STORE_BASE = Base(name="ubuntu", channel="24.04/stable")
"""Charmhub's clients insist on an Ubuntu base; our charms run on what their image is."""


class Reference(Params):
    reference: str
    charm_origin: dict[str, Any] = {}


class ResolveParams(Params):
    resolve: list[Reference]


class UrlParams(Params):
    url: str
    charm_origin: dict[str, Any] = {}


class ListParams(Params):
    names: list[str] = []


@method("Charms.ResolveCharms", "read")
def resolve_charms(call: Call, params: ResolveParams) -> Json:
    def resolve(item: Reference) -> Json:
        charm = stored_charm(call.store, name_in_url(item.reference))
        origin = {
            **item.charm_origin,
            "type": "charm",
            "id": charm.name,
            "hash": charm.sha256,
            "revision": charm.revision,
            "track": item.charm_origin.get("track") or "latest",
            "risk": item.charm_origin.get("risk") or "stable",
            "base": base_json(str(STORE_BASE)),
        }
        return {
            "url": f"ch:amd64/{charm.name}-{charm.revision}",
            "charm-origin": origin,
            "supported-series": ["noble"],
            "supported-bases": [base_json(str(STORE_BASE))],
        }

    return each(params.resolve, resolve)


@method("Charms.AddCharm", "write")
def add_charm(call: Call, params: UrlParams) -> Json:
    with call.edit() as edit:
        adopt_stored_charm(edit, name_in_url(params.url))
    return {"charm-origin": params.charm_origin}


@method("Charms.CharmInfo", "read")
def charm_info(call: Call, params: UrlParams) -> Json:
    charm = call.view.charm(params.url)
    return {
        "url": charm.url,
        "revision": charm.revision,
        "config": charm.config,
        "meta": _metadata(charm),
        "actions": {"specs": {name: _action(spec) for name, spec in charm.actions.items()}},
    }


@method("Charms.List", "read")
def list_charms(call: Call, params: ListParams) -> Json:
    charms = call.view.all(Charm)
    return {"charm-urls": [one.url for one in charms if not params.names or one.name in params.names]}


@method("Charms.IsMetered", "read")
def is_metered(call: Call, params: UrlParams) -> Json:
    return {"metered": False}


def _metadata(charm: Charm) -> Json:
    sections: Json = {"provider": {}, "requirer": {}, "peer": {}}
    for end in endpoints_of(charm, charm.name):
        sections[end.role][end.name] = {
            "name": end.name,
            "role": end.role,
            "interface": end.interface,
            "optional": end.optional,
            "limit": end.limit,
            "scope": end.scope,
        }
    return {
        "name": charm.name,
        "summary": charm.metadata.get("summary", ""),
        "description": charm.metadata.get("description", ""),
        "subordinate": is_subordinate(charm),
        "provides": sections["provider"],
        "requires": sections["requirer"],
        "peers": sections["peer"],
        "resources": {
            name: {
                "name": name,
                "type": spec.get("type", "file"),
                "path": spec.get("filename", ""),
                "description": spec.get("description", ""),
            }
            for name, spec in resources_of(charm).items()
        },
        "containers": charm.metadata.get("containers") or {},
        "min-juju-version": "0.0.0",
    }


def _action(spec: Json) -> Json:
    return {"description": spec.get("description", ""), "params": spec.get("params") or {}}
