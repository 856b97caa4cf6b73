"""A whole engine on a temporary folder, with a runtime that only records what it is asked for."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths
from sunbeam.operators.engine import Engine
from sunbeam.operators.entities import Application, Model, Relation, Unit
from sunbeam.operators.executors.choice import Preference
from sunbeam.operators.operations.applications import Deployment, deploy
from sunbeam.operators.operations.charms import add_charm
from sunbeam.operators.operations.edit import edit
from sunbeam.operators.operations.models import create_model
from sunbeam.operators.operations.relations import add_relation
from sunbeam.operators.runtime import (
    ContainerState,
    MachineSpec,
    MachineState,
    PodSpec,
    Report,
    UnitState,
)
from sunbeam.operators.store import Store

CHARMS = Path(__file__).parent / "charms"
KEY = bytes(32)


@dataclass
class RecordingRuntime:
    """Pods are up as soon as they are wanted; ``machine_pid`` is whose namespaces machines have."""

    machine_pid: int = 0
    pods: dict[str, PodSpec] = field(default_factory=dict)
    machines: dict[str, MachineSpec] = field(default_factory=dict)
    report: Report = lambda state: None

    async def start(self, report: Report) -> None:
        self.report = report

    async def stop(self) -> None:
        pass

    async def ensure_pod(self, spec: PodSpec) -> None:
        is_new = spec.unit not in self.pods
        self.pods[spec.unit] = spec
        if is_new:
            self.say(spec.unit, {name.name: ContainerState("boot-1") for name in spec.containers})

    def say(self, unit: str, containers: dict[str, ContainerState], problem: str = "") -> None:
        spec = self.pods[unit]
        address = f"10.1.0.{sorted(self.pods).index(unit) + 2}"
        self.report(UnitState(spec.model_uuid, unit, address, containers, problem))

    async def remove_pod(self, model_uuid: str, unit: str) -> None:
        self.pods.pop(unit, None)

    async def ensure_machine(self, spec: MachineSpec) -> None:
        self.machines[spec.number] = spec
        state = MachineState(spec.model_uuid, spec.number, "10.1.1.2", self.machine_pid, "boot-1")
        self.report(state)

    async def remove_machine(self, model_uuid: str, number: str) -> None:
        self.machines.pop(number, None)


class Controller:
    """A store and an engine; the engine can be stopped and started again as a daemon would."""

    def __init__(self, root: Path, executor: Preference = "warm", machine_pid: int = 0) -> None:
        self.paths = Paths(root)
        self.store = Store.open(self.paths.engine / "engine.db", KEY)
        self.runtime = RecordingRuntime(machine_pid)
        self.executor: Preference = executor
        self.engine = self._new_engine()

    def _new_engine(self) -> Engine:
        return Engine(self.store, self.runtime, self.paths, executor=self.executor)

    async def restart(self) -> None:
        """Stop everything and go on from what is in the file."""
        await self.engine.stop()
        self.store.close()
        self.store = Store.open(self.paths.engine / "engine.db", KEY)
        self.engine = self._new_engine()
        await self.engine.start()

    def model(self, name: str = "test", cloud: str = "sunbeam") -> Model:
        with self.store.transaction() as tx:
            return create_model(self.store, tx, name, "admin", cloud, {})

    def deploy(self, model: Model, charm: str, name: str = "", units: int = 1, **fields: Any) -> Application:
        folder = fields.pop("folder", CHARMS / charm)
        digest = hashlib.sha256(str(folder).encode()).hexdigest()
        with edit(self.store, model) as open_model:
            url = add_charm(open_model, folder, digest).url
            wanted = Deployment(name=name or charm, charm_url=url, units=units, **fields)
            return deploy(open_model, wanted)

    def relate(self, model: Model, *ends: str) -> Relation:
        with edit(self.store, model) as open_model:
            return add_relation(open_model, list(ends))

    def unit(self, model: Model, name: str) -> Unit:
        unit = self.store.get(Unit, model.model_uuid, name)
        assert unit is not None, f"{name} does not exist"
        return unit

    def messages(self, model: Model) -> dict[str, str]:
        return {unit.name: unit.workload_status.message for unit in self.store.all(Unit, model.model_uuid)}

    async def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait for ``condition``, or fail telling how every unit stands."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("\n".join(self.describe()))
            await asyncio.sleep(0.02)

    async def until_message(self, model: Model, unit: str, message: str) -> None:
        await self.until(lambda: self.messages(model).get(unit) == message)

    async def until_idle(self, model: Model) -> None:
        await self.until(
            lambda: all(
                unit.agent_status.current == "idle" for unit in self.store.all(Unit, model.model_uuid)
            )
        )

    def describe(self) -> list[str]:
        lines = [
            f"{unit.name} {unit.life}: {unit.workload_status.current} {unit.workload_status.message!r},"
            f" {unit.agent_status.current} {unit.agent_status.message!r}"
            for unit in self.store.all(Unit)
        ]
        for model in self.store.all(Model):
            lines += [f"{one.tag} {one.message}" for one in self.store.logs(model.model_uuid, 40)]
        return lines
