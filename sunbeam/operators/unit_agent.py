"""The agent of one unit: runs its hooks one after another, for as long as the unit lives."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from sunbeam.operators.clock import moment, stamp
from sunbeam.operators.entities import Action, Status, Unit
from sunbeam.operators.hook_run import HookRun, Services, change_scope
from sunbeam.operators.hooks import Hook
from sunbeam.operators.resolver import UnitView, is_finished, is_moot, next_hook, next_moment
from sunbeam.operators.seen import seen_after
from sunbeam.operators.view import unit_view

logger = logging.getLogger(__name__)

QUIET_BEFORE_IDLE = timedelta(milliseconds=150)
LOST = "lost"
"""Juju's word for an agent of which nothing was heard yet."""
PAUSE_AFTER_FAULT = timedelta(seconds=5)


class UnitAgent:
    def __init__(self, services: Services, unit: Unit) -> None:
        self.unit = unit
        self._services = services
        self._store = services.store
        self._clock = services.clock
        self._kicked = asyncio.Event()
        self._running: HookRun | None = None
        self._stopping = False

    def kick(self) -> None:
        """Something this unit depends on may have changed."""
        self._kicked.set()
        if self._running is not None and self._is_aborting(self._running.hook):
            self._running.abort()

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
                if is_finished(view) or self._is_abandoned(view):
                    return True
                if self._choose(view) is None:
                    await self._rest(view)
                else:
                    async with self._services.slots:
                        await self._act()
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

    def _is_abandoned(self, view: UnitView) -> bool:
        """A unit removed by force does not wait for a machine that is down."""
        return self._is_forced_out(view) and not view.substrate_ready and not view.has_subordinates

    def _is_forced_out(self, view: UnitView) -> bool:
        return self.unit.force and view.life != "alive"

    def _choose(self, view: UnitView) -> Hook | None:
        """The failed hook when its time has come or it is to be laid aside; else the resolver's choice.

        Actions run even while a hook is failed.
        """
        error = self.unit.error
        if error is None:
            return next_hook(view)
        failed = Hook.model_validate(error.hook)
        if is_moot(failed, view) or error.resolved == "no-retry" or self._is_forced_out(view):
            return failed
        if not view.substrate_ready:
            return None
        if error.resolved == "retry" or (error.retry_at and error.retry_at <= view.now):
            return failed
        return Hook(kind="action", action=view.actions[0]) if view.actions and view.seen.installed else None

    async def _act(self) -> None:
        """Choose again, for the slot may have been long in coming, and run or lay aside."""
        view = self._view()
        hook = None if self._stopping else self._choose(view)
        error = self.unit.error
        if hook is None:
            return
        if error is not None and hook.kind != "action":
            if is_moot(hook, view):
                self._forget_error(seen=None)
                return
            if error.resolved == "no-retry" or self._is_forced_out(view):
                self._forget_error(seen=hook)
                return
        self._running = HookRun(self._services, self.unit, hook)
        try:
            await self._running.run()
        finally:
            self._running = None

    async def _rest(self, view: UnitView) -> None:
        """Sleep until something changes or is due; a unit that stays quiet becomes idle first."""
        word = self.unit.agent_status.current
        if word == "executing" or (word == LOST and self._services.substrate.is_seen(self.unit)):
            await self._clock.wait(self._kicked, self._clock.now() + QUIET_BEFORE_IDLE)
            if self._kicked.is_set():
                return
            with self._store.transaction(durable=False) as tx:
                self.unit.agent_status = Status(current="idle")
                tx.put(self.unit)
        due = [next_moment(view), self.unit.error.retry_at if self.unit.error else None]
        first = min((each for each in due if each), default=None)
        await self._clock.wait(self._kicked, moment(first) if first else None)

    def _forget_error(self, seen: Hook | None) -> None:
        """Lay the failed hook aside; a skipped one counts as ``seen`` although its writes never happened."""
        with self._store.transaction() as tx:
            self.unit.error = None
            if seen is not None:
                self.unit.seen = seen_after(seen, self.unit.seen)
                change_scope(self._store, tx, self.unit, seen)
            self.unit.agent_status = Status(current="executing")
            tx.put(self.unit)

    def _is_aborting(self, hook: Hook) -> bool:
        action = self._store.get(Action, self.unit.model_uuid, hook.action) if hook.action else None
        return action is not None and action.status == "aborting"
