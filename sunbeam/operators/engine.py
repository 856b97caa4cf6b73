"""The operator engine: an agent per unit, a housekeeper for what belongs to no unit, and the runtime."""

from __future__ import annotations

import asyncio
import logging
import shutil
from datetime import timedelta

from sunbeam.core.cores import cores
from sunbeam.core.ending import end
from sunbeam.core.paths import Paths
from sunbeam.operators import leadership, reaper, subordinates, unit_storage
from sunbeam.operators.clock import Clock, SystemClock
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Machine,
    Model,
    Relation,
    Secret,
    Status,
    Storage,
    Unit,
    now,
)
from sunbeam.operators.executors.choice import ChosenExecutor, Preference
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.hook_run import Services
from sunbeam.operators.runtime import Runtime
from sunbeam.operators.store import EntityChange, Store, Transaction
from sunbeam.operators.substrate import Substrate
from sunbeam.operators.tool_server import ToolServer
from sunbeam.operators.tools import TOOLS
from sunbeam.operators.unit_agent import LOST, UnitAgent

logger = logging.getLogger(__name__)

HOUSEKEEPING_PAUSE_SECONDS = 0.02
RETRY_SUBSTRATE = timedelta(seconds=10)
STOP_GRACE_SECONDS = 10.0

UnitKey = tuple[str, str]


class Engine:
    """Runs the charms of every model in ``store`` until stopped; all its state is in the store.

    ``hooks_parallel`` bounds hooks running at once (default: processors + 1).  ``executor`` "native" runs
    every hook by the charm's own dispatch, as Juju does.  ``api_address`` is shown to charms only.
    """

    def __init__(
        self,
        store: Store,
        runtime: Runtime,
        paths: Paths,
        *,
        clock: Clock | None = None,
        hooks_parallel: int | None = None,
        executor: Preference = "warm",
        api_address: str = "127.0.0.1:17070",
    ) -> None:
        folders = EngineFolders(paths)
        self._store = store
        self._folders = folders
        self._scratch = paths.run / "hook-root"
        self._services = Services(
            store=store,
            clock=clock or SystemClock(),
            substrate=Substrate(store, runtime, folders, on_machine=self._kick_machine),
            executor=ChosenExecutor(executor, TOOLS.keys(), self._scratch),
            tool_server=ToolServer(folders),
            folders=folders,
            slots=asyncio.Semaphore(hooks_parallel or cores() + 1),
            api_address=api_address,
        )
        self._runtime = runtime
        self._agents: dict[UnitKey, UnitAgent] = {}
        self._tasks: dict[UnitKey, asyncio.Task[None]] = {}
        self._housekeeper: asyncio.Task[None] | None = None
        self._work = asyncio.Event()
        self._stopping = False

    async def start(self) -> None:
        """Continue from what the store says.  Hooks that ran when the engine ended run again."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._end_interrupted_actions()
        self._forget_presence()
        await self._services.tool_server.start()
        self._unsubscribe = self._store.subscribe(self._on_changes)
        await self._services.substrate.start()
        self._work.set()
        self._housekeeper = asyncio.create_task(self._keep_house())

    async def stop(self) -> None:
        """Let running hooks end (for a short while), then stop; pods and machines keep running."""
        self._stopping = True
        self._work.set()
        for agent in self._agents.values():
            agent.stop()
        tasks = [*self._tasks.values(), *([self._housekeeper] if self._housekeeper else [])]
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=STOP_GRACE_SECONDS)
            await end(pending)
        self._unsubscribe()
        await self._services.executor.stop()
        await self._services.tool_server.stop()
        await self._runtime.stop()

    def _end_interrupted_actions(self) -> None:
        """Actions may not be safe to run twice: as in Juju, one that was interrupted has failed."""
        with self._store.transaction() as tx:
            for action in self._store.all(Action):
                if action.status in ("running", "aborting"):
                    action.status, action.completed, action.message = "failed", now(), "action terminated"
                    tx.put(action)

    def _forget_presence(self) -> None:
        """What was idle or at work before may be down now: whoever waits must not take it for up."""
        with self._store.transaction() as tx:
            for unit in self._store.all(Unit):
                if unit.agent_status.current in ("idle", "executing"):
                    unit.agent_status = Status(current=LOST, message="not seen since sunbeamd started")
                    tx.put(unit)

    def _on_changes(self, changes: list[EntityChange]) -> None:
        for change in changes:
            self._kick_concerned(change)
        if any(not isinstance(change.entity, Action | Secret) for change in changes):
            self._work.set()

    def _kick_concerned(self, change: EntityChange) -> None:
        """Wake the agents whose next hook may depend on the changed entity."""
        entity = change.entity
        uuid = entity.model_uuid
        match entity:
            case Unit():
                self._kick(uuid, {entity.name, entity.principal})
            case Action() | Storage():
                self._kick(uuid, {entity.unit})
            case Application():
                self._kick_applications(uuid, {entity.name})
            case Relation():
                self._kick_applications(uuid, {end.application for end in entity.endpoints})
            case Secret():
                self._kick_readers(entity)
            case Model():
                self._kick(uuid, {name for model_uuid, name in self._agents if model_uuid == uuid})
            case Machine():
                self._kick_machine(entity)

    def _kick(self, model_uuid: str, units: set[str]) -> None:
        for unit in units:
            agent = self._agents.get((model_uuid, unit))
            if agent is not None:
                agent.kick()

    def _kick_applications(self, model_uuid: str, applications: set[str]) -> None:
        for (uuid, _), agent in self._agents.items():
            if uuid == model_uuid and agent.unit.application in applications:
                agent.kick()

    def _kick_readers(self, secret: Secret) -> None:
        self._kick_applications(secret.model_uuid, {secret.owner.partition("/")[0]})
        for consumer in secret.consumers:
            model_uuid, _, unit = consumer.rpartition(":")
            self._kick(model_uuid or secret.model_uuid, {unit})

    def _kick_machine(self, machine: Machine) -> None:
        for (uuid, _), agent in self._agents.items():
            if uuid == machine.model_uuid and agent.unit.machine == machine.number:
                agent.kick()

    async def _keep_house(self) -> None:
        clock = self._services.clock
        while not self._stopping:
            self._work.clear()
            settled = False
            try:
                self._settle_models()
                self._start_agents()
                settled = await self._services.substrate.settle()
                await self._remove_machines()
            except Exception:
                settled = False
                logger.exception("The operator engine's housekeeping failed")
            await asyncio.sleep(HOUSEKEEPING_PAUSE_SECONDS)  # many changes, one pass
            await clock.wait(self._work, None if settled else clock.now() + RETRY_SUBSTRATE)

    def _settle_models(self) -> None:
        for model in self._store.all(Model):
            with self._store.transaction() as tx:
                reaper.doom(self._store, tx, model)
                self._settle_units(tx, model)
                reaper.reap(self._store, tx, model)
                reaper.prune_actions(self._store, tx, model)
            with self._store.transaction() as tx:
                storages = reaper.reap_model(self._store, tx, model)
            if storages or self._store.get(Model, model.model_uuid, model.model_uuid) is None:
                shutil.rmtree(self._folders.storage(model.model_uuid), ignore_errors=True)
                shutil.rmtree(self._folders.units(model.model_uuid), ignore_errors=True)

    def _settle_units(self, tx: Transaction, model: Model) -> None:
        uuid = model.model_uuid
        for relation in self._store.all(Relation, uuid):
            subordinates.settle(self._store, tx, relation)
        for application in self._store.all(Application, uuid):
            leadership.elect(self._store, tx, application)
        for unit in self._store.all(Unit, uuid):
            owner = self._store.get(Application, uuid, unit.application)
            charm = self._store.get(Charm, uuid, owner.charm_url) if owner else None
            if charm is not None and unit.life == "alive":
                unit_storage.provision(self._store, tx, unit, charm, self._folders.storage(uuid))

    def _start_agents(self) -> None:
        for unit in self._store.all(Unit):
            key = (unit.model_uuid, unit.name)
            if key not in self._agents and not self._stopping:
                agent = self._agents[key] = UnitAgent(self._services, unit)
                self._tasks[key] = asyncio.create_task(self._tend(key, agent))

    async def _tend(self, key: UnitKey, agent: UnitAgent) -> None:
        """Run an agent to its end and bury its unit; a crash in between only repeats the burial."""
        if not await agent.run():
            return
        await self._remove_pod(agent.unit)
        with self._store.transaction() as tx:
            doomed = reaper.bury_unit(self._store, tx, agent.unit)
        for storage in doomed:
            unit_storage.remove_folder(storage)
        shutil.rmtree(self._folders.unit(agent.unit), ignore_errors=True)
        del self._agents[key], self._tasks[key]
        self._work.set()

    async def _remove_pod(self, unit: Unit) -> None:
        """Try until it is gone: only then may the unit be forgotten."""
        clock = self._services.clock
        while True:
            try:
                return await self._services.substrate.remove_unit(unit)
            except Exception:
                logger.exception("The pod of %s cannot be removed", unit.name)
            await clock.wait(asyncio.Event(), clock.now() + RETRY_SUBSTRATE)

    async def _remove_machines(self) -> None:
        for machine in self._store.all(Machine):
            occupied = any(
                unit.machine == machine.number for unit in self._store.all(Unit, machine.model_uuid)
            )
            if machine.life != "alive" and not occupied:
                await self._services.substrate.remove_machine(machine)
                with self._store.transaction() as tx:
                    tx.delete(machine)
