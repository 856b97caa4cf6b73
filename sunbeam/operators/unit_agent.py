"""The agent of one unit: runs its hooks one after another, and commits each with what it wrote."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sunbeam.operators import bags, charm_files
from sunbeam.operators.clock import Clock, later, moment, stamp
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Action, HookError, Relation, Secret, Status, Unit
from sunbeam.operators.environment import hook_environment
from sunbeam.operators.executors.task import Executor, HookResult, HookTask
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.hooks import Hook
from sunbeam.operators.operations import secrets
from sunbeam.operators.resolver import UnitView, is_finished, is_moot, next_hook, next_moment, seen_after
from sunbeam.operators.store import Store, Transaction
from sunbeam.operators.substrate import Substrate
from sunbeam.operators.tool_server import ToolServer
from sunbeam.operators.view import belongings, unit_view

logger = logging.getLogger(__name__)

INSTALLING_CHARM = "installing charm software"
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=5)
QUIET_BEFORE_IDLE = timedelta(milliseconds=150)
PAUSE_AFTER_FAULT = timedelta(seconds=5)
_KEPT_OUTPUT_LINES = 40


@dataclass(frozen=True)
class Services:
    """What all agents share; ``slots`` bounds how many hooks run at once."""

    store: Store
    clock: Clock
    substrate: Substrate
    executor: Executor
    tool_server: ToolServer
    folders: EngineFolders
    slots: asyncio.Semaphore
    api_address: str


class UnitAgent:
    def __init__(self, services: Services, unit: Unit) -> None:
        self.unit = unit
        self._services = services
        self._store = services.store
        self._clock = services.clock
        self._kicked = asyncio.Event()
        self._execution: asyncio.Task[HookResult] | None = None
        self._stopping = False

    def kick(self) -> None:
        """Something this unit depends on may have changed."""
        self._kicked.set()
        if self._execution is not None and self._is_aborting():
            self._execution.cancel()

    def stop(self) -> None:
        """Start no further hook; ``run`` returns when the current one has ended."""
        self._stopping = True
        self._kicked.set()

    async def run(self) -> bool:
        """Run hooks until the unit is finished (returns True) or the agent is stopped (False)."""
        while not self._stopping:
            self._kicked.clear()
            try:
                view = self._view()
                if is_finished(view):
                    return True
                if self._choose(view) is None:
                    await self._rest(view)
                else:
                    async with self._services.slots:
                        await self._run_next()
            except Exception:
                logger.exception("The agent of %s failed", self.unit.name)
                await self._clock.wait(asyncio.Event(), self._clock.now() + PAUSE_AFTER_FAULT)
        return False

    def _view(self) -> UnitView:
        return unit_view(
            self._store,
            self.unit,
            stamp(self._clock.now()),
            substrate_ready=self._services.substrate.is_ready(self.unit),
            boot_id=self._services.substrate.machine_state(self.unit).boot_id,
        )

    def _choose(self, view: UnitView) -> Hook | None:
        """The failed hook while there is one (actions may still run), else the resolver's choice."""
        error = self.unit.error
        if error is None:
            return next_hook(view)
        failed = Hook.model_validate(error.hook)
        if (
            is_moot(failed, view)
            or error.resolved == "no-retry"
            or (self.unit.force and view.life != "alive")
        ):
            return failed  # not to be run: ``_run_next`` lays it aside
        if not view.substrate_ready:
            return None
        if error.resolved == "retry" or (error.retry_at and error.retry_at <= view.now):
            return failed
        return Hook(kind="action", action=view.actions[0]) if view.actions and view.seen.installed else None

    async def _run_next(self) -> None:
        """Choose again, for a slot may have been long in coming, and act."""
        view = self._view()
        hook = None if self._stopping else self._choose(view)
        error = self.unit.error
        if hook is None:
            return
        if error is not None and hook.kind != "action":
            if is_moot(hook, view):
                self._lay_aside_error(None)
                return
            if error.resolved == "no-retry" or (self.unit.force and view.life != "alive"):
                self._lay_aside_error(hook)
                return
        await self._run_hook(hook)

    async def _rest(self, view: UnitView) -> None:
        """Sleep until something changes or is due; a unit that stays quiet becomes idle first."""
        if self.unit.agent_status.current == "executing":
            await self._clock.wait(self._kicked, self._clock.now() + QUIET_BEFORE_IDLE)
            if self._kicked.is_set():
                return
            self._set_agent_status("idle", self.unit.problem)
        due = [next_moment(view), self.unit.error.retry_at if self.unit.error else None]
        first = min((each for each in due if each), default=None)
        await self._clock.wait(self._kicked, moment(first) if first else None)

    async def _run_hook(self, hook: Hook) -> None:
        model, application, charm = belongings(self._store, self.unit)
        charm_files.ensure(self._services.folders.charm(self.unit), charm)
        context = HookContext(
            self._store, self._clock, self._services.folders, model, application, charm, self.unit, hook
        )
        self._announce(context)
        output: deque[str] = deque(maxlen=_KEPT_OUTPUT_LINES)
        with self._services.tool_server.serving(context):
            result = await self._execute(context, charm.path, output)
        if hook.kind == "action":
            self._finish_action(context, result)
        elif result is not None and result.code == 0:
            self._succeed(context)
        else:
            self._fail(hook, _last_lines([*output, *context.logged_errors]))

    async def _execute(self, context: HookContext, revision: str, output: deque[str]) -> HookResult | None:
        """The hook's result; None if it was an action that was aborted."""
        task = self._task(context, revision)
        name = context.hook.name or (context.action.name if context.action else "")
        module = f"unit.{self.unit.name}.{name}"

        def on_line(line: str) -> None:
            output.append(line)
            self._log("WARNING", module, line)

        execution = asyncio.create_task(self._services.executor.run(task, on_line))
        self._execution = execution
        try:
            await asyncio.wait({execution})
        finally:
            self._execution = None
            if not execution.done():
                execution.cancel()
                await asyncio.wait({execution})
        if execution.cancelled():
            return None
        error = execution.exception()
        if error is not None:
            output.append(f"{type(error).__name__}: {error}")
            self._log("ERROR", "juju.worker.uniter", f"{name} could not be run: {output[-1]}")
            return HookResult(1)
        return execution.result()

    def _task(self, context: HookContext, revision: str) -> HookTask:
        folders, unit, action = self._services.folders, self.unit, context.action
        is_script = action is not None and action.name == "juju-exec"
        parameters = action.parameters if action is not None else {}
        has_containers = bool(context.charm.metadata.get("containers")) and not unit.machine
        if has_containers:
            folders.containers(unit).mkdir(parents=True, exist_ok=True)
        timeout = float(parameters.get("timeout") or 0) / 1e9 if is_script else 0.0
        return HookTask(
            environment=hook_environment(context, self._services.api_address),
            charm=folders.charm(unit),
            revision=Path(revision),
            containers=folders.containers(unit) if has_containers else None,
            machine_pid=self._services.substrate.machine_state(unit).pid if unit.machine else 0,
            script=str(parameters["command"]) if is_script else None,
            timeout=timeout or None,
        )

    def _announce(self, context: HookContext) -> None:
        hook, action = context.hook, context.action
        with self._store.transaction(durable=False) as tx:
            doing = f"running action {action.name}" if action else f"running {hook.name} hook"
            self.unit.agent_status = Status(current="executing", message=doing)
            if hook.kind == "install":
                self.unit.workload_status = Status(current="maintenance", message=INSTALLING_CHARM)
            if action is not None:
                action.status, action.started = "running", context.now
                tx.put(action)
            tx.put(self.unit)

    def _succeed(self, context: HookContext) -> None:
        """One transaction: what the hook wrote, what it changed in its relation's scope, what is seen now."""
        hook, unit = context.hook, self.unit
        with self._store.transaction() as tx:
            unit.seen = seen_after(hook, unit.seen)
            unit.error = None
            context.commit(tx)
            self._change_scope(tx, hook)
            if hook.kind == "secret-rotate":
                self._plan_rotation(tx, hook)
            if hook.kind == "start" and unit.workload_status.message == INSTALLING_CHARM:
                unit.workload_status = Status(current="unknown")
            tx.put(unit)

    def _change_scope(self, tx: Transaction, hook: Hook) -> None:
        uuid, unit = self.unit.model_uuid, self.unit
        relation = self._store.get(Relation, uuid, hook.relation)
        if hook.kind == "relation-created" and relation is not None:
            bags.enter_scope(self._store, tx, relation, unit.name, unit.address)
        if hook.kind == "relation-broken" and relation is not None:
            bags.leave_scope(self._store, tx, relation, unit.name)
        if hook.kind == "remove":
            for left in self._store.all(Relation, uuid):
                if left.endpoint_of(unit.application):
                    bags.leave_scope(self._store, tx, left, unit.name)

    def _plan_rotation(self, tx: Transaction, hook: Hook) -> None:
        secret = self._store.get(Secret, self.unit.model_uuid, hook.secret)
        if secret is not None:
            secrets.rotated(secret, hook.version, stamp(self._clock.now()))
            tx.put(secret)

    def _fail(self, hook: Hook, output: str) -> None:
        """Keep the hook to be run again; nothing it wrote took effect."""
        before = self.unit.error
        attempts = before.attempts + 1 if before is not None else 1
        retry_at = ""
        model, _, _ = belongings(self._store, self.unit)
        if model.config.get("automatically-retry-hooks", True) not in (False, "false"):
            delay = min(FIRST_RETRY * 2 ** min(attempts - 1, 10), LONGEST_RETRY)
            retry_at = later(stamp(self._clock.now()), delay * random.uniform(1, 1.2))
        message = f'hook failed: "{hook.name}"'
        with self._store.transaction() as tx:
            self.unit.error = HookError(
                hook=hook.model_dump(), attempts=attempts, retry_at=retry_at, traceback=output
            )
            self.unit.agent_status = Status(current="error", message=message, data={"hook": hook.name})
            tx.put(self.unit)
        self._log("ERROR", "juju.worker.uniter.operation", message)

    def _lay_aside_error(self, skipped: Hook | None) -> None:
        """Forget the failed hook; a skipped one counts as seen although its writes never happened."""
        with self._store.transaction() as tx:
            self.unit.error = None
            if skipped is not None:
                self.unit.seen = seen_after(skipped, self.unit.seen)
                self._change_scope(tx, skipped)
            self.unit.agent_status = Status(current="executing")
            tx.put(self.unit)

    def _finish_action(self, context: HookContext, result: HookResult | None) -> None:
        action = context.action
        if action is None:
            return
        with self._store.transaction() as tx:
            if result is not None and result.code == 0:
                context.commit(tx)
                tx.put(self.unit)
            _conclude(action, context, result)
            if self.unit.error is not None:
                self._show_error_again()
            tx.put(action, self.unit)

    def _show_error_again(self) -> None:
        assert self.unit.error is not None
        name = Hook.model_validate(self.unit.error.hook).name
        message = f'hook failed: "{name}"'
        self.unit.agent_status = Status(current="error", message=message, data={"hook": name})

    def _is_aborting(self) -> bool:
        return any(
            action.unit == self.unit.name and action.status == "aborting"
            for action in self._store.all(Action, self.unit.model_uuid)
        )

    def _set_agent_status(self, word: str, message: str) -> None:
        with self._store.transaction(durable=False) as tx:
            self.unit.agent_status = Status(current=word, message=message)
            tx.put(self.unit)

    def _log(self, level: str, module: str, message: str) -> None:
        tag = f"unit-{self.unit.name.replace('/', '-')}"
        self._store.log(self.unit.model_uuid, tag, level, module, message)


def _last_lines(texts: list[str]) -> str:
    return "\n".join("\n".join(texts).splitlines()[-_KEPT_OUTPUT_LINES:])


def _conclude(action: Action, context: HookContext, result: HookResult | None) -> None:
    action.completed = context.now
    if result is None:
        action.status, action.message = "aborted", action.message or "action aborted"
        return
    action.results["return-code"] = result.code
    if action.name == "juju-exec":
        action.results |= {"stdout": result.stdout, "stderr": result.stderr}
    failed = context.action_failed or (result.code != 0 and action.name != "juju-exec")
    action.status = "failed" if failed else "completed"
    if failed and not action.message:
        action.message = f"exit status {result.code}"
