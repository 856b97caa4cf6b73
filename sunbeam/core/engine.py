"""The change engine: all problems first, then tasks in parallel as their needs allow, all journaled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sunbeam.core.change import Change, ChangeFailed, differing
from sunbeam.core.clock import Clock
from sunbeam.core.ending import end
from sunbeam.core.errors import Interrupted, NeedsPerson, PreflightFailed, Problem, SunbeamError
from sunbeam.core.estimate import PARALLEL
from sunbeam.core.events import ChangeFinished, ChangeStarted, ChangeStopping, Listener, ProblemFound
from sunbeam.core.foresight import Foresight
from sunbeam.core.history import expectations
from sunbeam.core.host import Host, Mutation
from sunbeam.core.journal import ChangeRecord, Journal, TaskRecord
from sunbeam.core.paths import Paths
from sunbeam.core.redaction import Redactor
from sunbeam.core.schedule import Schedule
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.core.task import Context, Task
from sunbeam.core.task_run import Seams, TaskRun

__all__ = ["Change", "ChangeFailed", "Engine", "Planned"]

Work = Callable[[Context], Awaitable[None]]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Planned:
    """A task that is to be done or undone; ``mutations`` are known of what can be rehearsed."""

    task: Task
    mutations: tuple[Mutation, ...]
    foresight: Foresight


class Engine:
    """Runs changes on this node; ``command`` is what a person types to continue one."""

    def __init__(
        self,
        journal: Journal,
        host: Host,
        paths: Paths,
        clock: Clock,
        redactor: Redactor,
        listener: Listener = lambda event: None,
        *,
        command: str = "the same command",
        parallel: int = PARALLEL,
    ) -> None:
        self._seams = Seams(journal, host, paths, clock, redactor, listener, command)
        self._parallel = parallel

    async def run(self, change: Change, number: int = 0, again: str = "") -> None:
        """Do ``change``, or continue it where it was cut off.

        With a ``number`` it is that recorded change which goes on.  The task ``again`` is done in any case.
        Raises PreflightFailed before anything changed; SunbeamError of the failed task, ChangeFailed (several
        failed), NeedsPerson or Interrupted, after each of which the same command continues.
        """
        await self._check(change)
        number, known = self._open(change, number)
        tasks = tuple((task.id, task.title) for task in change.tasks)
        expected = expectations(change, self._seams.journal)
        self._seams.emit(ChangeStarted(number, change.kind, change.title, tasks, bool(known), expected))
        await self._closing(number, self._do_all(change, TaskRun(self._seams, number, known, again)))

    async def undo(self, change: Change, record: ChangeRecord) -> None:
        """Undo the tasks of a recorded change that ``to_undo`` names.

        Raises as ``run`` does; undoing again continues.
        """
        known = {task.id: task for task in record.tasks}
        left = to_undo(change, record)
        self._seams.journal.undo(record.id)
        tasks = tuple((task.id, task.title) for task in left)
        self._seams.emit(ChangeStarted(record.id, change.kind, undo_title(change), tasks))
        work = self._undo_all(left, TaskRun(self._seams, record.id, known))
        await self._closing(record.id, work, ChangeStatus.UNDONE)

    async def losses(self, change: Change, record: ChangeRecord) -> list[str]:
        """What of people's own an undo would lose, by name; reads only."""
        lost = [each for task in to_undo(change, record) for each in await self._losses_of(task)]
        return list(dict.fromkeys(lost))

    async def plan(self, change: Change, again: str = "") -> list[Planned]:
        """What ``run`` would do, in order, after the same checks; reads only."""
        await self._check(change)
        planned: dict[str, Planned] = {}
        for task in change.in_order():
            if task.id == again or not await self._will_be_unchanged(task, set(planned)):
                before = {task_id: each.foresight for task_id, each in planned.items()}
                mutations = await self._rehearse(task, task.act) if task.rehearsable else ()
                planned[task.id] = Planned(task, mutations, await self._foresee(task, before))
        return list(planned.values())

    async def plan_undo(self, change: Change, record: ChangeRecord) -> list[Planned]:
        """What ``undo`` would do, in order; reads only.

        What it would lose is a risk of the task, what it would report is its note.
        """
        return [await self._planned_undo(task) for task in to_undo(change, record)]

    async def _planned_undo(self, task: Task) -> Planned:
        told: list[str] = []
        foresight = await self._foresee_undo(task)
        risks = [*foresight.risks, *(f"lost: {each}" for each in await self._losses_of(task))]
        mutations = await self._rehearse(task, task.undo, told.append)
        note = "; ".join(filter(None, [foresight.note, *told]))
        return Planned(task, mutations, replace(foresight, risks=tuple(risks), note=note))

    async def _losses_of(self, task: Task) -> list[str]:
        try:
            lost = await task.loses(self._seams.context(0, task))
        except Exception as failure:
            raise self._seams.typed(task, failure) from failure
        return [self._seams.redactor.redact(each) for each in lost]

    async def _check(self, change: Change) -> None:
        found = await asyncio.gather(*(self._problems(task) for task in change.tasks))
        redact = self._seams.redactor.redact
        problems: list[Problem] = []
        for problem in (each.redacted(redact) for several in found for each in several):
            if problem not in problems:
                problems.append(problem)
                self._seams.emit(ProblemFound(0, **asdict(problem)))
        if any(problem.severity == "error" for problem in problems):
            refusal = PreflightFailed(problems)
            refusal.told = True
            raise refusal

    async def _problems(self, task: Task) -> list[Problem]:
        try:
            return await task.problems(self._seams.context(0, task))
        except Exception as failure:
            raise self._seams.typed(task, failure) from failure

    def _open(self, change: Change, number: int) -> tuple[int, dict[str, TaskRecord]]:
        """The change's number, and its tasks' records if it was begun before."""
        journal = self._seams.journal
        records = [TaskRecord(t.id, t.title, tuple(t.needs), TaskStatus.PENDING) for t in change.tasks]
        begun = journal.change(number) if number else journal.unfinished(change.kind, change.intent)
        if begun is None:
            self._tell_of_another(change)
            return journal.begin(change.kind, change.title, change.intent, records, self._seams.now()), {}
        journal.resume(begun.id, records)
        return begun.id, {task.id: task for task in begun.tasks}

    def _tell_of_another(self, change: Change) -> None:
        """Whoever changed his mind in the middle of a change should know that it begins anew."""
        same = [each for each in self._seams.journal.changes() if each.title == change.title]
        newest = next((each for each in same if each.kind == change.kind), None)
        if newest is None or newest.status.finished:
            return
        keys = ", ".join(differing(newest.intent, change.intent))
        problem = Problem(
            f"Change {newest.id} is not finished, and this one wants something else",
            where=change.title,
            why=f"they differ in {keys}; what it has done so far is taken as it is",
            next_command=f"sunbeam tasks {newest.id}",
            severity="warning",
            id="another-intent",
        )
        self._seams.emit(ProblemFound(0, **asdict(problem)))

    async def _do_all(self, change: Change, run: TaskRun) -> None:
        failures = await Schedule(change, run, self._parallel).work()
        if failures:
            raise self._failure(failures)

    async def _undo_all(self, tasks: list[Task], run: TaskRun) -> None:
        for task in tasks:
            await run.undo(task)

    async def _closing(
        self, number: int, work: Coroutine[Any, Any, None], success: ChangeStatus = ChangeStatus.DONE
    ) -> None:
        """Journal and tell how ``work`` ended."""
        began = self._seams.clock.monotonic()
        status, error, error_id = ChangeStatus.FAILED, "", ""
        try:
            await self._stoppable(number, work)
            status = success
        except asyncio.CancelledError:
            status, error, error_id = ChangeStatus.INTERRUPTED, "Interrupted", Interrupted.id
            interrupted = Interrupted("Interrupted", next_command=self._seams.command)
            interrupted.told = True
            raise interrupted from None
        except SunbeamError as failure:
            status = ChangeStatus.HELD if isinstance(failure, NeedsPerson) else ChangeStatus.FAILED
            error, error_id = str(failure), failure.id
            failure.told = True
            raise
        finally:
            seconds = self._seams.clock.monotonic() - began
            try:
                self._seams.journal.finish(number, status, self._seams.now(), error)
            except SunbeamError as unwritten:
                status = ChangeStatus.FAILED
                error, error_id = error or str(unwritten), error_id or unwritten.id
                raise
            finally:
                self._seams.emit(ChangeFinished(number, status, seconds, error, error_id))

    async def _stoppable(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """``work``, and if it is cancelled, word of that before its tasks end, which may take a while."""
        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError:
            self._seams.emit(ChangeStopping(number))
            await end({working})
            raise
        working.result()

    async def _will_be_unchanged(self, task: Task, planned: set[str]) -> bool:
        """Before the tasks it needs are done, a task may be unable to tell; then it will be done."""
        try:
            return await task.is_done(self._seams.context(0, task))
        except Exception as failure:
            if planned.intersection(task.needs):
                return False
            raise self._seams.typed(task, failure) from failure

    async def _rehearse(self, task: Task, work: Work, report: Report | None = None) -> tuple[Mutation, ...]:
        if not self._seams.host.dry_run:
            raise ValueError("a plan is made with a host that only lists")
        before = len(self._seams.host.performed)
        context = self._seams.context(0, task)
        try:
            # What is only listed is not told as if it had happened.
            await work(replace(context, host=self._seams.host, report=report or context.report))
        except Exception as failure:
            raise self._seams.typed(task, failure) from failure
        return tuple(self._seams.host.performed[before:])

    async def _foresee(self, task: Task, before: Mapping[str, Foresight]) -> Foresight:
        try:
            return await task.foresee(self._seams.context(0, task), before)
        except Exception as failure:
            raise self._seams.typed(task, failure) from failure

    async def _foresee_undo(self, task: Task) -> Foresight:
        try:
            return await task.foresee_undo(self._seams.context(0, task))
        except Exception as failure:
            raise self._seams.typed(task, failure) from failure

    def _failure(self, failures: list[SunbeamError]) -> SunbeamError:
        if len(failures) == 1:
            return failures[0]
        why = "\n".join(str(failure) for failure in failures)
        if all(isinstance(failure, NeedsPerson) for failure in failures):
            return NeedsPerson("Several tasks wait for a person", why=why, next_command=self._seams.command)
        return ChangeFailed(f"{len(failures)} tasks failed", why=why, next_command=self._seams.command)


def undo_title(change: Change) -> str:
    return f"Undo: {change.title}"


def to_undo(change: Change, record: ChangeRecord) -> list[Task]:
    """The tasks of a recorded change that were begun and are not final, each before the tasks it needed."""
    return [task for task in reversed(begun(change, record)) if not task.final]


def begun(change: Change, record: ChangeRecord) -> list[Task]:
    """The tasks of a recorded change that were begun, in the order in which they were."""
    known = {task.id for task in record.tasks if task.begun}
    return [task for task in change.in_order() if task.id in known]
