"""Machines of machine models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunbeam.operators.entities import Machine, Unit
from sunbeam.operators.operations.edit import ModelEdit
from sunbeam.operators.operations.errors import BadRequest, NotSupported

DEFAULT_BASE = "debian@13/stable"


def add_machine(
    edit: ModelEdit,
    *,
    constraints: Mapping[str, Any] | None = None,
    base: str = "",
    placement: str = "",
    address: str = "",
    instance_id: str = "",
    hardware: Mapping[str, Any] | None = None,
) -> Machine:
    """A new machine: a machine container from the constraint ``image-id``, or an enrolled node with
    ``address``.  Raises NotSupported on a kubernetes model, BadRequest for impossible constraints."""
    edit.require_alive()
    if edit.is_kubernetes:
        raise NotSupported("adding machines to a kubernetes model")
    wanted = {name: value for name, value in (constraints or {}).items() if value not in (None, "", [])}
    for name, value in wanted.items():
        if isinstance(value, int) and value < 0:
            raise BadRequest(f'constraint "{name}" must not be negative, got {value}')
    number = str(edit.next("machine"))
    machine = Machine(
        model_uuid=edit.model.model_uuid,
        number=number,
        hostname=f"{edit.model.name}-{number}",
        base=base or DEFAULT_BASE,
        constraints={**edit.model.constraints, **wanted},
        placement=placement,
        address=address,
        instance_id=instance_id,
        hardware=dict(hardware or {}),
    )
    edit.put(machine)
    return machine


def destroy_machine(edit: ModelEdit, machine: Machine, force: bool) -> list[Unit]:
    """Let a machine go, with its units if ``force``; returns the units that go with it.

    Raises BadRequest if units are on it and ``force`` is not given.
    """
    units = [unit for unit in edit.all(Unit) if unit.machine == machine.number]
    staying = sorted(unit.name for unit in units if unit.life == "alive")
    if staying and not force:
        raise BadRequest(
            f"machine {machine.number} has unit{'s' if len(staying) > 1 else ''}"
            f" {', '.join(staying)} assigned: remove them first, or use force"
        )
    for unit in units:
        unit.life, unit.force = "dying", force
        edit.put(unit)
    if machine.life == "alive":
        machine.life = "dying"
        edit.put(machine)
    return units
