"""The tasks of a change at work: in parallel as their needs allow, none on what can no longer come."""

from __future__ import annotations

import asyncio

from sunbeam.core.change import Change
from sunbeam.core.ending import end
from sunbeam.core.errors import SunbeamError
from sunbeam.core.task import Task
from sunbeam.core.task_run import GivenUp, TaskRun


class Schedule:
    """Does the tasks of ``change``, at most ``parallel`` of them at a time."""

    def __init__(self, change: Change, run: TaskRun, parallel: int) -> None:
        self._change = change
        self._run = run
        self._graph = change.graph()
        self._slots = asyncio.Semaphore(parallel)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._hopeless: set[str] = set()
        self._failures: list[SunbeamError] = []

    async def work(self) -> list[SunbeamError]:
        """Start every task whose needs are done until none is left; returns what failed."""
        by_id = {task.id: task for task in self._change.tasks}
        self._graph.prepare()
        try:
            while True:
                for task_id in self._graph.get_ready():
                    self._running[task_id] = asyncio.create_task(self._do(by_id[task_id]))
                if not self._running:
                    return self._failures
                await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
                self._collect()
        finally:
            await end(self._running.values())

    def _collect(self) -> None:
        """Raises what was not foreseen.  One that was given up before it began is cancelled: that is well."""
        for task_id in [each for each, running in self._running.items() if running.done()]:
            ended = self._running.pop(task_id)
            if not (ended.cancelled() and task_id in self._hopeless):
                ended.result()

    async def _do(self, task: Task) -> None:
        try:
            async with self._slots:
                if task.id not in self._hopeless:
                    await self._run.do(task)
                    self._graph.done(task.id)
        except GivenUp:
            return
        except SunbeamError as failure:
            self._failures.append(failure)
            self._give_up_after(task)

    def _give_up_after(self, failed: Task) -> None:
        """Tasks at work that wait for what will not come in this run have no end of their own."""
        hopeless = self._change.relying_on(failed.id)
        self._hopeless |= hopeless
        for task_id in hopeless & self._running.keys():
            self._run.give_up(task_id, failed.title)
            self._running[task_id].cancel()
