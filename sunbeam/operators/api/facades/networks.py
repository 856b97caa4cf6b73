"""Spaces and Subnets: one space, ``alpha``, which every endpoint is bound to."""

from __future__ import annotations

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, untag
from sunbeam.operators.operations.applications import ALPHA_SPACE
from sunbeam.operators.operations.errors import NotFound

_ALPHA: Json = {"id": "0", "name": ALPHA_SPACE, "subnets": []}


class SubnetsParams(Params):
    space_tag: str = ""
    zone: str = ""


@method("Spaces.ListSpaces", "read")
def list_spaces(call: Call) -> Json:
    return {"results": [_ALPHA]}


@method("Spaces.ShowSpace", "read")
def show_space(call: Call, params: Entities) -> Json:
    def show(entity: Entity) -> Json:
        name = untag(entity.tag, "space")
        if name != ALPHA_SPACE:
            raise NotFound(f'space "{name}" not found')
        return {"space": _ALPHA, "applications": [], "machine-count": 0}

    return each(params.entities, show)


@method("Spaces.ReloadSpaces", "admin")
def reload_spaces(call: Call) -> Json:
    return {}


@method("Subnets.ListSubnets", "read")
def list_subnets(call: Call, params: SubnetsParams) -> Json:
    return {"results": []}


@method("Subnets.AllZones", "read")
def all_zones(call: Call) -> Json:
    return {"results": []}
