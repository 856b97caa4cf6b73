"""One task of one change at work: journaled before and after, timed, told, its errors made typed."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sunbeam.core.clock import Clock
from sunbeam.core.disks import disk_full, says_full
from sunbeam.core.errors import Interrupted, NeedsPerson, SunbeamError
from sunbeam.core.events import (
    Awaiting,
    Event,
    HostChanged,
    Listener,
    TaskFinished,
    TaskProgress,
    TaskQueued,
    TaskStarted,
    TaskWorking,
    UnitAwaited,
)
from sunbeam.core.host import Host, Mutation
from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.paths import Paths
from sunbeam.core.process import ProcessFailed
from sunbeam.core.redaction import Redactor
from sunbeam.core.status import TaskStatus
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look

logger = logging.getLogger(__name__)

Work = Callable[[Task, Context], Awaitable[TaskStatus]]


@dataclass(frozen=True)
class Seams:
    """What an engine works with; ``command`` is what a person types to continue."""

    journal: Journal
    host: Host
    paths: Paths
    clock: Clock
    redactor: Redactor
    listener: Listener
    command: str

    def emit(self, event: Event) -> None:
        self.listener(event)

    def now(self) -> str:
        return rfc3339(self.clock.now())

    def context(self, change: int, task: Task, begin: Callable[[], None] = lambda: None) -> Context:
        """What ``task`` works with; ``begin`` is called when it is its turn."""
        awaited: dict[str, str] = {}

        def report(text: str) -> None:
            self.emit(TaskProgress(change, task.id, self.redactor.redact(text)))

        def awaiting(seen: Look, since: datetime) -> None:
            what = self.redactor.redact(seen.missing)
            self.emit(Awaiting(change, task.id, what, seen.unit, rfc3339(since)))

        def changed(mutation: Mutation) -> None:
            self.emit(HostChanged(change, task.id, mutation.verb, mutation.target, mutation.seconds))

        def units(reasons: Mapping[str, str]) -> None:
            for unit in sorted({*awaited, *reasons}):
                what = self.redactor.redact(reasons.get(unit, ""))
                if awaited.get(unit, "") != what:
                    awaited[unit] = what
                    self.emit(UnitAwaited(change, task.id, unit, what))

        def working() -> None:
            begin()
            self.emit(TaskWorking(change, task.id))

        return Context(
            self.host.observed_by(changed),
            self.paths,
            self.clock,
            report,
            awaiting,
            units,
            lambda: self.emit(TaskQueued(change, task.id)),
            working,
        )

    def typed(self, task: Task, failure: Exception) -> SunbeamError:
        """The failure as an error a person can act on: redacted, and never without a next command."""
        while isinstance(failure, ExceptionGroup):
            failure = failure.exceptions[0]
        if says_full(failure):
            written = (self.paths.state, self.paths.run, self.paths.etc, Path(tempfile.gettempdir()))
            error = disk_full(task.title, failure, written)
        elif isinstance(failure, SunbeamError):
            error = failure
        elif isinstance(failure, ProcessFailed):
            error = SunbeamError(f"{task.title}: a program failed", why=str(failure), id="program-failed")
        else:
            logger.error("task %s failed", task.id, exc_info=failure)
            why = f"{type(failure).__name__}: {failure}"
            error = SunbeamError(f"{task.title}: failed", where=_origin(failure), why=why, id="task-failed")
        error.next_command = error.next_command or self.command
        error.redact(self.redactor.redact)
        return error


class GivenUp(SunbeamError):
    """A task was stopped because what it waits for has failed."""

    id = "awaited-failed"


class TaskRun:
    """Does or undoes tasks of change number ``change``; ``known`` is how the journal found them.

    The task ``again`` is done even if all is as wanted.
    """

    def __init__(self, seams: Seams, change: int, known: Mapping[str, TaskRecord], again: str = "") -> None:
        self._seams = seams
        self._again = again
        self._change = change
        self._known = known
        self._given_up: dict[str, str] = {}

    async def do(self, task: Task) -> None:
        """Do the task unless all is as wanted.  Raises SunbeamError, GivenUp."""
        await self._journaled(task, self._do)

    def give_up(self, task_id: str, failed: str) -> None:
        """When the task is cancelled, it is because it relies on the one titled ``failed``."""
        self._given_up[task_id] = failed

    async def undo(self, task: Task) -> None:
        """Undo the task.  Raises SunbeamError."""
        await self._journaled(task, self._undo)

    async def _do(self, task: Task, context: Context) -> TaskStatus:
        if task.id != self._again and await task.is_done(context):
            return TaskStatus.UNCHANGED
        self._begun(task, TaskStatus.DOING)
        await task.act(context)
        await task.verify(context)
        if task.waits_for_person and not await task.is_done(context):
            raise NeedsPerson(task.waits_for_person, where=task.title, next_command=self._seams.command)
        return TaskStatus.DONE

    async def _undo(self, task: Task, context: Context) -> TaskStatus:
        self._begun(task, TaskStatus.UNDOING)
        await task.undo(context)
        return TaskStatus.UNDONE

    async def _journaled(self, task: Task, work: Work) -> None:
        seams = self._seams
        seams.emit(TaskStarted(self._change, task.id, task.title))
        began = seams.clock.monotonic()
        status, error, error_id = TaskStatus.FAILED, "interrupted", Interrupted.id

        def begin() -> None:
            nonlocal began
            began = seams.clock.monotonic()

        try:
            status = await work(task, seams.context(self._change, task, begin))
            error = error_id = ""
        except asyncio.CancelledError:
            if task.id not in self._given_up:
                raise
            given_up = GivenUp(
                f"{task.title}: given up",
                why=f"it relies on “{self._given_up[task.id]}”, which did not succeed",
                next_command=seams.command,
            )
            error, error_id = str(given_up), given_up.id
            raise given_up from None
        except Exception as failure:
            typed = seams.typed(task, failure)
            status = TaskStatus.HELD if isinstance(typed, NeedsPerson) else TaskStatus.FAILED
            error, error_id = str(typed), typed.id
            raise typed from failure.__cause__ if typed is failure else failure
        finally:
            seconds = seams.clock.monotonic() - began
            try:
                self._ended(task, status, seconds, error)
            except SunbeamError as unwritten:
                status = TaskStatus.FAILED
                error, error_id = error or str(unwritten), error_id or unwritten.id
                raise
            finally:
                seams.emit(
                    TaskFinished(self._change, task.id, task.title, status.value, seconds, error, error_id)
                )

    def _ended(self, task: Task, status: TaskStatus, seconds: float, error: str) -> None:
        """What this change has begun before and finds as wanted is its work, done then."""
        before = self._known.get(task.id)
        if status is TaskStatus.UNCHANGED and before is not None:
            if before.status is TaskStatus.DONE:
                return
            if before.begun:
                status = TaskStatus.DONE
        self._seams.journal.task_finished(self._change, task.id, status, self._seams.now(), seconds, error)

    def _begun(self, task: Task, status: TaskStatus) -> None:
        self._seams.journal.task_started(self._change, task.id, status, self._seams.now())


def rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _origin(failure: Exception) -> str:
    """The line of code that raised."""
    frames = traceback.extract_tb(failure.__traceback__)
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
