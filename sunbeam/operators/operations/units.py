"""Units of applications: how many there are, where they go, and letting them go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sunbeam.operators.charm_metadata import is_subordinate
from sunbeam.operators.entities import Application, Machine, Unit
from sunbeam.operators.operations.edit import ModelEdit
from sunbeam.operators.operations.errors import BadRequest, NotSupported
from sunbeam.operators.operations.machines import add_machine


@dataclass(frozen=True)
class Placement:
    """Where a unit goes: ``#`` is an existing machine by number; empty means a new machine."""

    scope: str = ""
    directive: str = ""


def add_units(
    edit: ModelEdit, application: Application, count: int, placement: Sequence[Placement] = ()
) -> list[Unit]:
    """Create ``count`` units; on a machine model each gets the machine ``placement`` names, or a new one."""
    edit.require_alive()
    if application.life != "alive":
        raise BadRequest(f'application "{application.name}" is being removed: no unit can be added')
    if count and is_subordinate(edit.charm_of(application)):
        raise BadRequest("subordinate application must be deployed without units")
    units = []
    for index in range(count):
        wanted = placement[index] if index < len(placement) else Placement()
        units.append(_add_unit(edit, application, wanted))
    application.scale = _living(edit, application)
    edit.put(application)
    return units


def scale(edit: ModelEdit, application: Application, target: int) -> int:
    """Bring a kubernetes application to ``target`` units; the highest numbers go first, as in Juju."""
    if not edit.is_kubernetes:
        raise NotSupported("scaling applications on a non-container model: use add-unit or remove-unit")
    if target < 0:
        raise BadRequest(f"cannot scale to {target} units")
    living = [unit for unit in edit.units_of(application.name) if unit.life == "alive"]
    if target > len(living):
        add_units(edit, application, target - len(living))
    for unit in living[target:]:
        destroy_unit(edit, unit)
    application.scale = target
    edit.put(application)
    return target


def destroy_unit(edit: ModelEdit, unit: Unit, force: bool = False) -> None:
    """Let a unit go; ``force`` lets it go although its hooks fail."""
    if unit.life == "alive":
        unit.life = "dying"
    unit.force = unit.force or force
    edit.put(unit)
    application = edit.application(unit.application)
    application.scale = _living(edit, application)
    edit.put(application)


def resolve(edit: ModelEdit, unit: Unit, retry: bool) -> None:
    """Retry the failed hook of ``unit`` at once, or skip it.  Raises BadRequest if nothing failed."""
    if unit.error is None:
        raise BadRequest(f'unit "{unit.name}" is not in an error state')
    unit.error.resolved = "retry" if retry else "no-retry"
    edit.put(unit)


def _add_unit(edit: ModelEdit, application: Application, placement: Placement) -> Unit:
    name = f"{application.name}/{edit.next(f'unit-{application.name}')}"
    machine = "" if edit.is_kubernetes else _machine_for(edit, application, placement).number
    unit = Unit(model_uuid=edit.model.model_uuid, name=name, application=application.name, machine=machine)
    if machine:
        unit.workload_status.message = "waiting for machine"
    edit.put(unit)
    return unit


def _machine_for(edit: ModelEdit, application: Application, placement: Placement) -> Machine:
    if not placement.directive:
        constraints = {**edit.model.constraints, **application.constraints}
        return add_machine(edit, constraints=constraints, base=application.base)
    if placement.scope not in ("", "#", edit.model.model_uuid):
        raise NotSupported(f'placement "{placement.scope}:{placement.directive}": only machine numbers are')
    machine = edit.machine(placement.directive)
    if machine.life != "alive":
        raise BadRequest(f"machine {machine.number} is being removed: no unit can be placed on it")
    return machine


def _living(edit: ModelEdit, application: Application) -> int:
    return sum(unit.life == "alive" for unit in edit.units_of(application.name))
