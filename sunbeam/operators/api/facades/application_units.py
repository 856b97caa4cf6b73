"""Application: units, how many there are and what they are told."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.facades.parameters import PlacementParams, placements
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params, unit_in, unit_tag, untag
from sunbeam.operators.entities import Relation, Storage, Unit
from sunbeam.operators.operations.units import add_units, destroy_unit, resolve, scale


class AddUnitsParams(Params):
    application: str
    num_units: int = 1
    placement: list[PlacementParams | None] = []


class Scale(Params):
    application_tag: str
    scale: int | None = None
    scale_change: int | None = None


class ScaleParams(Params):
    applications: list[Scale]


class DestroyItem(Params):
    unit_tag: str
    force: bool = False
    destroy_storage: bool = False
    dry_run: bool = False


class DestroyParams(Params):
    units: list[DestroyItem]


class ResolveParams(Params):
    all: bool = False
    retry: bool = False
    tags: Entities = Field(Entities(), validation_alias=AliasChoices("tags", "Tags"))


@method("Application.AddUnits", "write")
def add(call: Call, params: AddUnitsParams) -> Json:
    with call.edit() as edit:
        application = edit.application(params.application)
        units = add_units(edit, application, params.num_units, placements(params.placement))
    return {"units": [unit.name for unit in units]}


@method("Application.ScaleApplications", "write")
def scale_applications(call: Call, params: ScaleParams) -> Json:
    def change(item: Scale) -> Json:
        with call.edit() as edit:
            application = edit.application(untag(item.application_tag, "application"))
            living = sum(unit.life == "alive" for unit in edit.units_of(application.name))
            target = living + item.scale_change if item.scale_change else item.scale or 0
            return {"info": {"num-units": scale(edit, application, target)}}

    return each(params.applications, change)


@method("Application.DestroyUnit", "write")
def destroy(call: Call, params: DestroyParams) -> Json:
    def let_go(item: DestroyItem) -> Json:
        with call.edit() as edit:
            unit = edit.unit(unit_in(item.unit_tag))
            storage = [instance for instance in edit.all(Storage) if instance.unit == unit.name]
            if not item.dry_run:
                destroy_unit(edit, unit, item.force)
                for instance in storage if item.destroy_storage else ():
                    instance.life = "dying"
                    edit.put(instance)
        return {"info": {"destroyed-storage": [], "detached-storage": []}}

    return each(params.units, let_go)


@method("Application.ResolveUnitErrors", "write")
def resolve_unit_errors(call: Call, params: ResolveParams) -> Json:
    def go_on(entity: Entity) -> None:
        with call.edit() as edit:
            resolve(edit, edit.unit(unit_in(entity.tag)), params.retry)

    failed = [Entity(tag=unit_tag(unit.name)) for unit in call.view.all(Unit) if unit.error]
    return each(failed if params.all else params.tags.entities, go_on)


@method("Application.UnitsInfo", "read")
def units_info(call: Call, params: Entities) -> Json:
    """A tag of an application stands for its units."""

    def info(unit: Unit) -> Json:
        return {"result": _info(call, unit)}

    return each([unit for entity in params.entities for unit in _units(call, entity.tag)], info)


def _units(call: Call, tag: str) -> list[Unit]:
    if tag.startswith("application-"):
        return call.view.units_of(call.view.application(untag(tag, "application")).name)
    return [call.view.unit(unit_in(tag))]


def _info(call: Call, unit: Unit) -> Json:
    application = call.view.application(unit.application)
    return {
        "tag": unit_tag(unit.name),
        "workload-version": unit.workload_version,
        "machine": unit.machine,
        "opened-ports": sorted(unit.ports),
        "public-address": unit.address,
        "address": unit.address,
        "provider-id": unit.name.replace("/", "-") if call.view.is_kubernetes else "",
        "charm": application.charm_url,
        "leader": application.leader == unit.name,
        "life": unit.life,
        "relation-data": [
            _relation_data(relation, unit) for relation in call.view.relations_of(unit.application)
        ],
    }


def _relation_data(relation: Relation, unit: Unit) -> Json:
    own, remote = relation.endpoint_of(unit.application), relation.other_end(unit.application)
    members = [name for name in relation.in_scope if name.partition("/")[0] == remote.application]
    return {
        "relation-id": relation.number,
        "endpoint": own.name if own else "",
        "related-endpoint": remote.name,
        "cross-model": bool(relation.mirror),
        "ApplicationData": relation.data.get(remote.application, {}),
        "unit-relation-data": {
            name: {"InScope": True, "UnitData": relation.data.get(name, {})}
            for name in members
            if name != unit.name
        },
    }
