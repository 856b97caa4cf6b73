"""One hook from start to end: announced, executed, and committed with what it wrote, or kept as failed."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sunbeam.operators import bags, charm_files
from sunbeam.operators.clock import Clock, later
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Action, HookError, Relation, Secret, Status, Unit
from sunbeam.operators.environment import hook_environment
from sunbeam.operators.executors.task import Executor, HookResult, HookTask
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.hooks import Hook
from sunbeam.operators.operations import secrets
from sunbeam.operators.seen import seen_after
from sunbeam.operators.store import Store, Transaction
from sunbeam.operators.substrate import Substrate
from sunbeam.operators.tool_server import ToolServer
from sunbeam.operators.view import belongings

INSTALLING_CHARM = "installing charm software"
EXEC_ACTION = "juju-exec"
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=5)
_KEPT_OUTPUT_LINES = 40


@dataclass(frozen=True)
class Services:
    """What all units share; ``slots`` bounds how many hooks run at once."""

    store: Store
    clock: Clock
    substrate: Substrate
    executor: Executor
    tool_server: ToolServer
    folders: EngineFolders
    slots: asyncio.Semaphore
    api_address: str


class HookRun:
    def __init__(self, services: Services, unit: Unit, hook: Hook) -> None:
        self.hook = hook
        self._services = services
        self._store = services.store
        self._unit = unit
        self._output: deque[str] = deque(maxlen=_KEPT_OUTPUT_LINES)
        self._execution: asyncio.Task[HookResult] | None = None

    async def run(self) -> None:
        """Run the hook to its end.  If this is cancelled, the hook is killed and nothing of it is kept."""
        model, application, charm = belongings(self._store, self._unit)
        folders, clock = self._services.folders, self._services.clock
        charm_files.ensure(folders.charm(self._unit), charm)
        context = HookContext(self._store, clock, folders, model, application, charm, self._unit, self.hook)
        self._announce(context)
        with self._services.tool_server.serving(context):
            result = await self._execute(self._task(context))
        if self.hook.kind == "action":
            self._finish_action(context, result)
        elif result is not None and result.code == 0:
            self._succeed(context)
        else:
            self._fail(context)

    def abort(self) -> None:
        """Kill the hook's processes."""
        if self._execution is not None:
            self._execution.cancel()

    async def _execute(self, task: HookTask) -> HookResult | None:
        """The hook's result; None if it was aborted."""
        execution = asyncio.create_task(self._services.executor.run(task, self._on_line))
        self._execution = execution
        try:
            await asyncio.wait({execution})
        finally:
            if not execution.done():
                execution.cancel()
                await asyncio.wait({execution})
        if execution.cancelled():
            return None
        error = execution.exception()
        if error is None:
            return execution.result()
        self._on_line(f"{type(error).__name__}: {error}")
        return HookResult(1)

    def _task(self, context: HookContext) -> HookTask:
        services, unit, action = self._services, self._unit, context.action
        script, timeout, containers = None, 0.0, None
        if action is not None and action.name == EXEC_ACTION:
            script = str(action.parameters["command"])
            timeout = float(action.parameters.get("timeout") or 0) / 1e9
        if context.charm.metadata.get("containers") and not unit.machine:
            containers = services.folders.containers(unit)
            containers.mkdir(parents=True, exist_ok=True)
        return HookTask(
            environment=hook_environment(context, services.api_address),
            charm=services.folders.charm(unit),
            revision=Path(context.charm.path),
            containers=containers,
            machine_pid=services.substrate.machine_state(unit).pid if unit.machine else 0,
            script=script,
            timeout=timeout or None,
            hosts=services.folders.hosts,
        )

    def _announce(self, context: HookContext) -> None:
        unit, action = self._unit, context.action
        with self._store.transaction(durable=False) as tx:
            doing = f"running action {action.name}" if action else f"running {self.hook.name} hook"
            unit.agent_status = Status(current="executing", message=doing)
            if self.hook.kind == "install":
                unit.workload_status = Status(current="maintenance", message=INSTALLING_CHARM)
            if action is not None:
                action.status, action.started = "running", context.now
                tx.put(action)
            tx.put(unit)

    def _succeed(self, context: HookContext) -> None:
        """One transaction: what the hook wrote, its change of a relation's scope, what is seen now."""
        unit = self._unit
        with self._store.transaction() as tx:
            unit.seen = seen_after(self.hook, unit.seen)
            unit.error = None
            context.commit(tx)
            change_scope(self._store, tx, unit, self.hook)
            if self.hook.kind == "secret-rotate":
                self._plan_rotation(tx, context.now)
            if self.hook.kind == "start" and unit.workload_status.message == INSTALLING_CHARM:
                unit.workload_status = Status(current="unknown")
            tx.put(unit)

    def _plan_rotation(self, tx: Transaction, now: str) -> None:
        secret = self._store.get(Secret, self._unit.model_uuid, self.hook.secret)
        if secret is not None:
            secrets.rotated(secret, self.hook.version, now)
            tx.put(secret)

    def _fail(self, context: HookContext) -> None:
        """Keep the hook to be run again; nothing it wrote takes effect."""
        before = self._unit.error
        attempts = before.attempts + 1 if before is not None else 1
        retried = context.model.config.get("automatically-retry-hooks", True) not in (False, "false")
        output = "\n".join([*self._output, *context.logged_errors]).splitlines()
        with self._store.transaction() as tx:
            self._unit.error = HookError(
                hook=self.hook.model_dump(),
                attempts=attempts,
                retry_at=_retry_at(context.now, attempts) if retried else "",
                traceback="\n".join(output[-_KEPT_OUTPUT_LINES:]),
            )
            self._unit.agent_status = _failed_status(self.hook)
            tx.put(self._unit)
        self._log("ERROR", "juju.worker.uniter.operation", self._unit.agent_status.message)

    def _finish_action(self, context: HookContext, result: HookResult | None) -> None:
        action = context.action
        if action is None:
            return
        with self._store.transaction() as tx:
            if result is not None and result.code == 0:
                context.commit(tx)
            _conclude(action, context, result)
            if self._unit.error is not None:
                self._unit.agent_status = _failed_status(Hook.model_validate(self._unit.error.hook))
            tx.put(action, self._unit)

    def _on_line(self, line: str) -> None:
        self._output.append(line)
        self._log("WARNING", f"unit.{self._unit.name}.{self.hook.name or 'action'}", line)

    def _log(self, level: str, module: str, message: str) -> None:
        tag = f"unit-{self._unit.name.replace('/', '-')}"
        self._store.log(self._unit.model_uuid, tag, level, module, message)


def change_scope(store: Store, tx: Transaction, unit: Unit, hook: Hook) -> None:
    """A unit enters a relation's scope after relation-created, and leaves it when nothing more will come."""
    if hook.kind == "remove":
        left = [one for one in store.all(Relation, unit.model_uuid) if one.endpoint_of(unit.application)]
        for relation in left:
            bags.leave_scope(store, tx, relation, unit.name)
        return
    entered = store.get(Relation, unit.model_uuid, hook.relation) if hook.relation else None
    if entered is not None and hook.kind == "relation-created":
        bags.enter_scope(store, tx, entered, unit.name, unit.address)
    elif entered is not None and hook.kind == "relation-broken":
        bags.leave_scope(store, tx, entered, unit.name)


def _retry_at(now: str, attempts: int) -> str:
    """5 s, doubling up to 5 min; with jitter, so that units that failed together do not retry so."""
    delay = min(FIRST_RETRY * 2 ** min(attempts - 1, 10), LONGEST_RETRY)
    return later(now, delay * random.uniform(1, 1.2))


def _failed_status(hook: Hook) -> Status:
    return Status(current="error", message=f'hook failed: "{hook.name}"', data={"hook": hook.name})


def _conclude(action: Action, context: HookContext, result: HookResult | None) -> None:
    action.completed = context.now
    if result is None:
        action.status, action.message = "aborted", action.message or "action aborted"
        return
    action.results["return-code"] = result.code
    if action.name == EXEC_ACTION:
        action.results |= {"stdout": result.stdout, "stderr": result.stderr}
    failed = context.action_failed or (result.code != 0 and action.name != EXEC_ACTION)
    action.status = "failed" if failed else "completed"
    if failed and not action.message:
        action.message = f"exit status {result.code}"
