"""Keeps the runtime's pods and machines as the store wants them, and the store as the runtime sees them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sunbeam.operators.bags import publish_address
from sunbeam.operators.charm_metadata import containers
from sunbeam.operators.entities import (
    Machine,
    Model,
    Relation,
    Status,
    Storage,
    Unit,
    WorkloadState,
)
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.runtime import (
    ContainerSpec,
    MachineSpec,
    MachineState,
    Mount,
    PodSpec,
    Runtime,
    UnitState,
)
from sunbeam.operators.store import Store, Transaction
from sunbeam.operators.view import belongings

logger = logging.getLogger(__name__)


@dataclass
class Substrate:
    """``settle`` is level-triggered: it starts what is missing or changed and leaves the rest alone.

    ``on_machine`` hears of each report: a machine's process is not stored, yet its units wait for it.
    """

    store: Store
    runtime: Runtime
    folders: EngineFolders
    on_machine: Callable[[Machine], None]
    _pods: dict[tuple[str, str], PodSpec] = field(default_factory=dict)
    _machines: dict[tuple[str, str], MachineSpec] = field(default_factory=dict)
    _machine_states: dict[tuple[str, str], MachineState] = field(default_factory=dict)
    _reported: set[tuple[str, str]] = field(default_factory=set)

    async def start(self) -> None:
        await self.runtime.start(self._report)

    async def settle(self) -> bool:
        """Bring pods and machines up; returns False if one was refused, so that it must be tried again."""
        settled = True
        for machine in self.store.all(Machine):
            settled &= await self._settle_machine(machine)
        for unit in self.store.all(Unit):
            settled &= await self._settle_pod(unit)
        return settled

    async def remove_unit(self, unit: Unit) -> None:
        if _has_pod(self.store, unit):
            await self.runtime.remove_pod(unit.model_uuid, unit.name)
        self._pods.pop((unit.model_uuid, unit.name), None)
        self._reported.discard((unit.model_uuid, unit.name))

    async def remove_machine(self, machine: Machine) -> None:
        await self.runtime.remove_machine(machine.model_uuid, machine.number)
        self._machines.pop((machine.model_uuid, machine.number), None)

    def is_ready(self, unit: Unit) -> bool:
        """Whether hooks can run: a pod's first one needs its address, a machine's each needs the machine."""
        if unit.machine:
            return self.machine_state(unit).pid > 0
        return unit.seen.installed or bool(unit.address) or not _has_pod(self.store, unit)

    def is_seen(self, unit: Unit) -> bool:
        """Whether the unit's pod, with Pebble in each container, or its machine was seen since our start."""
        if unit.machine:
            return self.machine_state(unit).pid > 0
        if not _has_pod(self.store, unit):
            return True
        _, _, charm = belongings(self.store, unit)
        booted = {name for name, workload in unit.containers.items() if workload.boot_id}
        is_up = booted.issuperset(declared.name for declared in containers(charm))
        return is_up and (unit.model_uuid, unit.name) in self._reported

    def machine_state(self, unit: Unit) -> MachineState:
        absent = MachineState(unit.model_uuid, unit.machine)
        return self._machine_states.get((unit.model_uuid, unit.machine), absent)

    async def _settle_pod(self, unit: Unit) -> bool:
        key = (unit.model_uuid, unit.name)
        if unit.life == "dead" or not _has_pod(self.store, unit):
            return True
        try:
            spec = self._pod_spec(unit)
            if self._pods.get(key) != spec:
                await self.runtime.ensure_pod(spec)
                self._pods[key] = spec
        except Exception as error:
            logger.exception("The pod of %s cannot be started", unit.name)
            self._note_unit(unit, problem=f"{type(error).__name__}: {error}", failed=True)
            return False
        return True

    async def _settle_machine(self, machine: Machine) -> bool:
        key = (machine.model_uuid, machine.number)
        if machine.life == "dead" or machine.instance_id.startswith("manual:"):
            return True
        try:
            spec = self._machine_spec(machine)
            if self._machines.get(key) != spec:
                await self.runtime.ensure_machine(spec)
                self._machines[key] = spec
            self._move_units(machine)
        except Exception as error:
            logger.exception("Machine %s cannot be started", machine.number)
            self._note_machine(
                machine, MachineState(*key, problem=f"{type(error).__name__}: {error}", failed=True)
            )
            return False
        return True

    def _pod_spec(self, unit: Unit) -> PodSpec:
        model, application, charm = belongings(self.store, unit)
        specs = []
        for declared in containers(charm):
            image = application.resources.get(declared.resource, "")
            if not image:
                raise LookupError(
                    f'container {declared.name} has no image: attach the resource "{declared.resource}"'
                )
            folder = self.folders.containers(unit) / declared.name
            folder.mkdir(parents=True, exist_ok=True)
            specs.append(ContainerSpec(declared.name, image, folder, self._mounts(unit, declared.mounts)))
        return PodSpec(
            model_uuid=unit.model_uuid,
            model=model.name,
            application=unit.application,
            unit=unit.name,
            containers=tuple(specs),
            ports=tuple(unit.ports),
            exposed=application.exposed is not None,
        )

    def _mounts(self, unit: Unit, declared: tuple[tuple[str, str], ...]) -> tuple[Mount, ...]:
        mounts = []
        for name, target in declared:
            tags = [tag for tag in unit.storage if tag.partition("/")[0] == name]
            for tag in tags:
                storage = self.store.get(Storage, unit.model_uuid, tag)
                if storage is not None:
                    inside = target if len(tags) == 1 else f"{target}/{tag.partition('/')[2]}"
                    mounts.append(Mount(Path(storage.location), inside))
        return tuple(mounts)

    def _machine_spec(self, machine: Machine) -> MachineSpec:
        model = self.store.get(Model, machine.model_uuid, machine.model_uuid)
        name = model.name if model else ""
        shared = (
            self.folders.agent,
            self.folders.units(machine.model_uuid),
            self.folders.storage(machine.model_uuid),
        )
        for folder in shared:
            folder.mkdir(parents=True, exist_ok=True)
        return MachineSpec(
            model_uuid=machine.model_uuid,
            model=name,
            number=machine.number,
            hostname=machine.hostname or f"{name}-{machine.number.replace('/', '-')}",
            image=str(machine.constraints.get("image-id") or ""),
            folders=shared,
        )

    def _report(self, state: UnitState | MachineState) -> None:
        if isinstance(state, MachineState):
            machine = self.store.get(Machine, state.model_uuid, state.number)
            if machine is not None:
                self._note_machine(machine, state)
            return
        unit = self.store.get(Unit, state.model_uuid, state.unit)
        if unit is not None:
            self._reported.add((unit.model_uuid, unit.name))
            problems = [state.problem] if state.problem else []
            problems += [f"{name}: {seen.problem}" for name, seen in state.containers.items() if seen.problem]
            failed = state.failed or any(seen.failed for seen in state.containers.values())
            workloads = {
                name: WorkloadState(boot_id=seen.boot_id, notices=list(seen.notices), checks=seen.checks)
                for name, seen in state.containers.items()
            }
            self._note_unit(unit, state.address, "; ".join(problems), workloads, failed=failed)

    def _note_unit(
        self,
        unit: Unit,
        address: str = "",
        problem: str = "",
        workloads: dict[str, WorkloadState] | None = None,
        *,
        failed: bool = False,
    ) -> None:
        with self.store.transaction() as tx:
            if workloads is not None:
                unit.containers = workloads
            self._move(tx, unit, address)
            unit.problem, unit.failed = problem, failed
            tx.put(unit)

    def _note_machine(self, machine: Machine, state: MachineState) -> None:
        self._machine_states[machine.model_uuid, machine.number] = state
        with self.store.transaction() as tx:
            machine.address = state.address or machine.address
            is_up = state.pid > 0
            machine.status = _renewed(machine.status, "started" if is_up else "pending")
            word = "running" if is_up else "provisioning error" if state.failed else "pending"
            machine.instance_status = _renewed(machine.instance_status, word, state.problem)
            if is_up and not machine.instance_id:
                machine.instance_id = f"sunbeam-{machine.model_uuid[:8]}-{machine.number}"
            tx.put(machine)
        self._move_units(machine)
        self.on_machine(machine)

    def _move_units(self, machine: Machine) -> None:
        with self.store.transaction() as tx:
            for unit in self.store.all(Unit, machine.model_uuid):
                if unit.machine == machine.number:
                    self._move(tx, unit, machine.address)

    def _move(self, tx: Transaction, unit: Unit, address: str) -> None:
        """Tell the relations of ``unit`` where it is now."""
        if not address or address == unit.address:
            return
        unit.address = address
        tx.put(unit)
        for relation in self.store.all(Relation, unit.model_uuid):
            if unit.name in relation.in_scope and relation.endpoint_of(unit.application):
                publish_address(self.store, tx, relation, unit.name, address)


def _has_pod(store: Store, unit: Unit) -> bool:
    """Units of a charm without workload need none: their hooks run on this host."""
    model, _, charm = belongings(store, unit)
    return model.type == "kubernetes" and bool(containers(charm))


def _renewed(before: Status, word: str, message: str = "") -> Status:
    return (
        before
        if (before.current, before.message) == (word, message)
        else Status(current=word, message=message)
    )
