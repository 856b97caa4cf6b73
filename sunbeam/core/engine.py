"""The change engine: all problems first, then tasks in parallel as their needs allow, all journaled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from sunbeam.core.clock import Clock
from sunbeam.core.errors import Interrupted, NeedsPerson, PreflightFailed, Problem, SunbeamError
from sunbeam.core.events import (
    ChangeFinished,
    ChangeStarted,
    Event,
    Listener,
    TaskFinished,
    TaskProgress,
    TaskStarted,
)
from sunbeam.core.host import Host
from sunbeam.core.journal import ChangeRecord, Journal, TaskRecord
from sunbeam.core.paths import Paths
from sunbeam.core.redaction import Redactor
from sunbeam.core.status import TaskStatus
from sunbeam.core.task import Context, Task


@dataclass(frozen=True)
class Change:
    """One intent of a person.  Two changes of the same kind and intent are the same change."""

    kind: str
    title: str
    tasks: Sequence[Task]
    intent: dict[str, Any] = field(default_factory=dict)


class ChangeFailed(SunbeamError):
    """Some tasks failed; what they need not was still done."""


class Engine:
    """Runs changes on this node."""

    def __init__(
        self,
        journal: Journal,
        host: Host,
        paths: Paths,
        clock: Clock,
        redactor: Redactor,
        listener: Listener = lambda event: None,
    ) -> None:
        self._journal = journal
        self._host = host
        self._paths = paths
        self._clock = clock
        self._redactor = redactor
        self._listener = listener

    async def run(self, change: Change) -> None:
        """Do ``change``, or continue it where it was cut off.

        Raises PreflightFailed before anything changed, ChangeFailed, NeedsPerson or Interrupted; after each
        of these the same command continues.
        """
        order = list(TopologicalSorter({task.id: task.needs for task in change.tasks}).static_order())
        if len(order) != len(change.tasks):
            raise ValueError(f"{change.kind}: a task needs one that does not exist: {order}")
        await self._check(change)
        number, resumed = self._open(change)
        self._emit(
            ChangeStarted(
                number,
                change.kind,
                change.title,
                tuple((task.id, task.title) for task in change.tasks),
                resumed,
            )
        )
        await self._closing(number, _Run(self, change, number).all())

    async def undo(self, change: Change, record: ChangeRecord) -> None:
        """Undo the tasks of a recorded change, each before the tasks it needed.  Raises as ``run`` does."""
        begun = {task.id for task in record.tasks if task.status is not TaskStatus.PENDING}
        tasks = [task for task in change.tasks if task.id in begun]
        self._emit(
            ChangeStarted(
                record.id, change.kind, f"Undo: {change.title}", tuple((t.id, t.title) for t in tasks)
            )
        )
        await self._closing(record.id, self._undo_all(tasks, record.id), "undone")

    async def plan(self, change: Change) -> list[Task]:
        """The tasks that ``run`` would do, in order, after the same checks; reads only."""
        await self._check(change)
        done = await asyncio.gather(*(task.is_done(self._context(task, 0)) for task in change.tasks))
        return [task for task, is_done in zip(change.tasks, done, strict=True) if not is_done]

    async def _check(self, change: Change) -> None:
        found = await asyncio.gather(*(task.problems(self._context(task, 0)) for task in change.tasks))
        problems: list[Problem] = []
        for each in (problem for problems_of_task in found for problem in problems_of_task):
            if each not in problems:
                problems.append(each)
        if any(problem.severity == "error" for problem in problems):
            raise PreflightFailed(problems)

    def _open(self, change: Change) -> tuple[int, bool]:
        records = [TaskRecord(t.id, t.title, tuple(t.needs), TaskStatus.PENDING) for t in change.tasks]
        unfinished = self._journal.unfinished(change.kind, change.intent)
        if unfinished is not None:
            self._journal.resume(unfinished.id, records)
            return unfinished.id, True
        return self._journal.begin(change.kind, change.title, change.intent, records, self._now()), False

    async def _undo_all(self, tasks: Sequence[Task], number: int) -> None:
        graph = {task.id: [need for need in task.needs if any(t.id == need for t in tasks)] for task in tasks}
        by_id = {task.id: task for task in tasks}
        for task_id in reversed(list(TopologicalSorter(graph).static_order())):
            task = by_id[task_id]
            await self._one(task, number, TaskStatus.UNDOING, TaskStatus.UNDONE, task.undo)

    async def _closing(self, number: int, work: Any, success: str = "done") -> None:
        began = self._clock.monotonic()
        status, error = "failed", ""
        try:
            await work
            status = success
        except NeedsPerson as held:
            status, error = "held", str(held)
            raise
        except asyncio.CancelledError:
            error = "interrupted"
            raise Interrupted("Interrupted", next_command="the same command again; it continues") from None
        except SunbeamError as failure:
            error = str(failure)
            raise
        finally:
            error = self._redactor.redact(error)
            self._journal.finish(number, status, self._now(), error)
            self._emit(ChangeFinished(number, status, self._clock.monotonic() - began, error))

    async def _one(
        self,
        task: Task,
        number: int,
        during: TaskStatus,
        after: TaskStatus,
        work: Callable[[Context], Any],
    ) -> None:
        """Journal, time and report one run of a task's method."""
        self._journal.task_started(number, task.id, during, self._now())
        self._emit(TaskStarted(number, task.id, task.title))
        began = self._clock.monotonic()
        status, error = TaskStatus.FAILED, "interrupted"
        try:
            outcome = await work(self._context(task, number))
            status, error = outcome if isinstance(outcome, TaskStatus) else after, ""
        except NeedsPerson as held:
            status, error = TaskStatus.HELD, str(held)
            raise
        except SunbeamError as failure:
            error = str(failure)
            raise
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            raise SunbeamError(
                f"{task.title}: failed", why=error, next_command="the same command again; it continues"
            ) from failure
        finally:
            seconds = self._clock.monotonic() - began
            error = self._redactor.redact(error)
            self._journal.task_finished(number, task.id, status, self._now(), seconds, error)
            self._emit(TaskFinished(number, task.id, task.title, status.value, seconds, error))

    def _context(self, task: Task, number: int) -> Context:
        def report(text: str) -> None:
            self._emit(TaskProgress(number, task.id, self._redactor.redact(text)))

        return Context(self._host, self._paths, self._clock, report)

    def _emit(self, event: Event) -> None:
        self._listener(event)

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds")


class _Run:
    """One run of one change: starts every task whose needs are met, until none is left."""

    def __init__(self, engine: Engine, change: Change, number: int) -> None:
        self._engine = engine
        self._tasks = {task.id: task for task in change.tasks}
        self._graph = TopologicalSorter({task.id: task.needs for task in change.tasks})
        self._number = number
        self._failures: list[SunbeamError] = []

    async def all(self) -> None:
        self._graph.prepare()
        running: dict[asyncio.Task[bool], str] = {}
        try:
            while self._graph.is_active() or running:
                for ready in self._graph.get_ready():
                    running[asyncio.create_task(self._do(self._tasks[ready]))] = ready
                if not running:
                    break
                finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in finished:
                    name = running.pop(each)
                    if each.result():
                        self._graph.done(name)
        except asyncio.CancelledError:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            raise
        if self._failures:
            raise self._failure()

    async def _do(self, task: Task) -> bool:
        """Whether the task is done; what it raised is kept until the others are finished."""
        try:
            await self._engine._one(
                task,
                self._number,
                TaskStatus.DOING,
                TaskStatus.DONE,
                lambda context: self._attempts(task, context),
            )
        except SunbeamError as failure:
            self._failures.append(failure)
            return False
        return True

    async def _attempts(self, task: Task, context: Context) -> TaskStatus:
        if await task.is_done(context):
            return TaskStatus.UNCHANGED
        for attempt in range(1, task.retry.attempts + 1):
            try:
                await task.act(context)
                break
            except NeedsPerson:
                raise
            except SunbeamError as failure:
                if attempt == task.retry.attempts:
                    raise
                context.report(f"trying again in {task.retry.after_seconds:.0f} s: {failure.what}")
                await context.clock.sleep(task.retry.after_seconds)
        return TaskStatus.DONE

    def _failure(self) -> SunbeamError:
        if len(self._failures) == 1:
            return self._failures[0]
        return ChangeFailed(
            f"{len(self._failures)} tasks failed",
            why="\n".join(str(failure) for failure in self._failures),
            next_command="the same command again; it continues",
        )
