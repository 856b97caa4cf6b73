"""What is expected of the tasks of a change: as long as they took here last, else as long as is typical."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sunbeam.core.change import Change
from sunbeam.core.estimate import Expected
from sunbeam.core.journal import ChangeRecord, Journal, TaskRecord
from sunbeam.core.status import TaskStatus
from sunbeam.core.task import Task


def expectations(change: Change, journal: Journal) -> tuple[Expected, ...]:
    """Of each task of ``change``, in order."""
    records = [record for record in journal.changes() if record.kind == change.kind]
    return tuple(_expected(task, _last(task, records)) for task in change.in_order())


def undo_expectations(tasks: Sequence[Task], kind: str, journal: Journal) -> tuple[Expected, ...]:
    """Of the undo of each of ``tasks`` of a change, one after the other, by when they were undone last."""
    records = [record for record in journal.changes() if record.kind == kind]
    before = [(), *((task.id,) for task in tasks)]
    return tuple(_expected_undo(task, records, needs) for task, needs in zip(tasks, before, strict=False))


def _expected_undo(task: Task, records: Sequence[ChangeRecord], needs: tuple[str, ...]) -> Expected:
    found = (each for change in records for each in change.tasks if each.id == task.id)
    measured = next((each.seconds for each in found if each.status is TaskStatus.UNDONE), None)
    return Expected(task.id, measured or 0.0, measured is not None, needs, phase=task.phase)


def _expected(task: Task, measured: float | None) -> Expected:
    lane = (task.lane.name, task.lane.width) if task.lane else ("", 0)
    seconds = task.typical_seconds if measured is None else measured
    return Expected(task.id, seconds, measured is not None, task.needs, task.awaits, *lane, task.phase)


def _last(task: Task, newest_first: Iterable[ChangeRecord]) -> float | None:
    """Seconds of its own work when it was last done."""
    for change in newest_first:
        records = {record.id: record for record in change.tasks}
        found = records.get(task.id)
        if found and found.status is TaskStatus.DONE and found.finished:
            return _own_seconds(found, [records[each] for each in task.awaits if each in records])
    return None


def _own_seconds(task: TaskRecord, awaited: Iterable[TaskRecord]) -> float:
    """Without the time in which it waited for others that were being done."""
    ends = [datetime.fromisoformat(each.finished) for each in awaited if each.finished]
    end = datetime.fromisoformat(task.finished)
    held_until = max((each for each in ends if each <= end), default=None)
    return task.seconds if held_until is None else min(task.seconds, (end - held_until).total_seconds())
