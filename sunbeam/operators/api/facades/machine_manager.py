"""MachineManager: adding and removing machines."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.facades.parameters import PlacementParams
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Base, Entities, Entity, Json, Params, storage_tag, unit_tag, untag
from sunbeam.operators.entities import Storage
from sunbeam.operators.operations.errors import NotSupported
from sunbeam.operators.operations.machines import add_machine, destroy_machine


class Address(Params):
    value: str


class NewMachine(Params):
    base: Base = Base()
    constraints: dict[str, Any] = {}
    placement: PlacementParams = PlacementParams()
    addresses: list[Address] = Field([], alias="addresses")
    instance_id: str = ""
    hardware_characteristics: dict[str, Any] = {}
    container_type: str = ""


class AddParams(Params):
    params: list[NewMachine]


class DestroyParams(Params):
    machine_tags: list[str]
    force: bool = False
    keep: bool = False
    dry_run: bool = False


@method("MachineManager.AddMachines", "write")
def add_machines(call: Call, params: AddParams) -> Json:
    def add(item: NewMachine) -> Json:
        if item.container_type:
            raise NotSupported(f"containers of type {item.container_type} inside of machines")
        directive = ":".join(filter(None, (item.placement.scope, item.placement.directive)))
        with call.edit() as edit:
            machine = add_machine(
                edit,
                constraints=item.constraints,
                base=str(item.base),
                placement=directive,
                address=item.addresses[0].value if item.addresses else "",
                instance_id=item.instance_id,
                hardware={k: v for k, v in item.hardware_characteristics.items() if v is not None},
            )
        return {"machine": machine.number}

    return each(params.params, add, "machines")


@method("MachineManager.DestroyMachineWithParams", "write")
def destroy_machines(call: Call, params: DestroyParams) -> Json:
    def let_go(tag: str) -> Json:
        with call.edit() as edit:
            machine = edit.machine(untag(tag, "machine"))
            units = [] if params.dry_run else destroy_machine(edit, machine, params.force)
            owners = {unit.name for unit in units}
            storage = [instance for instance in edit.all(Storage) if instance.unit in owners]
        return {
            "info": {
                "machine-id": machine.number,
                "destroyed-units": [{"tag": unit_tag(unit.name)} for unit in units],
                "destroyed-storage": [],
                "detached-storage": [{"tag": storage_tag(instance.tag)} for instance in storage],
                "destroyed-containers": [],
            }
        }

    return each(params.machine_tags, let_go)


@method("MachineManager.ProvisioningScript", "write")
def provisioning_script(call: Call) -> Json:
    """Enrolled machines need no agent of ours: their units run from here."""
    return {"script": "#!/bin/sh\nexit 0\n"}


@method("MachineManager.InstanceTypes", "read")
def instance_types(call: Call) -> Json:
    return {"results": []}


@method("MachineManager.RetryProvisioning", "write")
def retry_provisioning(call: Call, params: Entities) -> Json:
    def retry(entity: Entity) -> None:
        call.view.machine(untag(entity.tag, "machine"))

    return each(params.entities, retry)
