"""The journal: every change and the status of each of its tasks, on disk before and after it happens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sunbeam.core.command import this_command
from sunbeam.core.errors import UsageError
from sunbeam.core.journal_file import JournalDamaged, JournalFile, JournalNewer, JournalNotWritten
from sunbeam.core.status import ChangeStatus, TaskStatus

__all__ = [
    "ChangeRecord",
    "HostChange",
    "Journal",
    "JournalDamaged",
    "JournalNewer",
    "JournalNotWritten",
    "NotReadable",
    "TaskRecord",
]


@dataclass(frozen=True)
class TaskRecord:
    """A task as the journal knows it; times are RFC 3339, ``seconds`` the time its last run took."""

    id: str
    title: str
    needs: tuple[str, ...]
    status: TaskStatus
    attempts: int = 0
    started: str = ""
    finished: str = ""
    seconds: float = 0.0
    error: str = ""

    @property
    def begun(self) -> bool:
        """Whether there may be something to undo; who failed while only looking has done nothing."""
        return self.status.begun and self.attempts > 0


@dataclass(frozen=True)
class ChangeRecord:
    """A change as the journal knows it; times are RFC 3339; ``undoing`` once its undo was begun."""

    id: int
    kind: str
    title: str
    intent: dict[str, Any]
    status: ChangeStatus
    started: str
    finished: str = ""
    error: str = ""
    undoing: bool = False
    tasks: tuple[TaskRecord, ...] = field(default=())

    @property
    def last_seen(self) -> str:
        """When it was at work last: an old one may have been continued."""
        moments = [moment for task in self.tasks for moment in (task.started, task.finished)]
        return max(self.started, self.finished, *moments)


@dataclass(frozen=True)
class HostChange:
    """One thing changed on the host; ``before`` (JSON) is what it takes to put it back.

    ``kind`` file: target's ``before`` (a snapshot) and ``ours``, fingerprints of every content we gave it.
    line: ``addition`` was put behind the text in ``path``, which we ``made``.
    folder: target was made by us.  command: ``argv`` takes it back ``when`` another program succeeds.
    packages: names ``added`` for what target says; ``pending`` are those that were there before an
    installation that has not ended.
    """

    kind: str
    target: str
    before: dict[str, Any]


class NotReadable(UsageError):
    """The file belongs to root."""

    id = "journal-not-readable"


class Journal:
    """The changes of this node and what they changed on it.  Raises as JournalFile does."""

    def __init__(self, path: Path, *, writing: bool = True) -> None:
        self._file = JournalFile(path, writing=writing)

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Journal | None]:
        """The journal for a command that changes nothing; None if there is none yet.

        It is read as well where the disk takes no more.  Raises NotReadable for a person who may not read it.
        """
        if not _may_read(path):
            raise NotReadable(
                "The journal is readable by root only",
                where=str(path),
                next_command=f"sudo {this_command()}",
            )
        journal = cls._to_read(path) if path.exists() else None
        try:
            yield journal
        finally:
            if journal is not None:
                journal.close()

    @classmethod
    def _to_read(cls, path: Path) -> Journal:
        try:
            return cls(path)
        except (JournalNotWritten, PermissionError):
            return cls(path, writing=False)

    def close(self) -> None:
        self._file.close()

    def begin(
        self, kind: str, title: str, intent: dict[str, Any], tasks: Sequence[TaskRecord], now: str
    ) -> int:
        """Record a new change with all its tasks; returns its number."""
        with self._file.transaction():
            change = self._file.write(
                "INSERT INTO change (kind, title, intent, status, started) VALUES (?, ?, ?, 'doing', ?)",
                (kind, title, _dump(intent), now),
            )
            self._insert_tasks(change, tasks)
        return change

    def resume(self, change: int, tasks: Sequence[TaskRecord]) -> None:
        """Continue ``change`` with today's task list; statuses of tasks that are known are kept.

        What failed is tried again: its error is of the past.  What was begun and is in no list of today's
        version stays on record.
        """
        known = {task.id: replace(task, error="") for task in self.change(change).tasks}
        today = [known.pop(task.id, task) for task in tasks]
        with self._file.transaction():
            self._doing(change, undoing=False)
            self._file.write("DELETE FROM task WHERE change=?", (change,))
            self._insert_tasks(change, [*today, *(task for task in known.values() if task.begun)])

    def undo(self, change: int) -> None:
        """From now on ``change`` is being undone; resuming it goes on with that."""
        self._doing(change, undoing=True)

    def unfinished(self, kind: str, intent: dict[str, Any]) -> ChangeRecord | None:
        """The newest change of this kind and intent if it did not end as done or undone."""
        rows = self._file.rows(
            "SELECT id FROM change WHERE kind=? AND intent=? ORDER BY id DESC LIMIT 1", (kind, _dump(intent))
        )
        newest = self.change(rows[0][0]) if rows else None
        return newest if newest and not newest.status.finished else None

    def task_started(self, change: int, task: str, status: TaskStatus, now: str) -> None:
        self._file.write(
            "UPDATE task SET status=?, started=?, finished='', error='', attempts=attempts+1"
            " WHERE change=? AND id=?",
            (status, now, change, task),
        )

    def task_finished(
        self, change: int, task: str, status: TaskStatus, now: str, seconds: float, error: str = ""
    ) -> None:
        self._file.write(
            "UPDATE task SET status=?, finished=?, seconds=?, error=? WHERE change=? AND id=?",
            (status, now, seconds, error, change, task),
        )

    def finish(self, change: int, status: ChangeStatus, now: str, error: str = "") -> None:
        self._file.write(
            "UPDATE change SET status=?, finished=?, error=? WHERE id=?", (status, now, error, change)
        )

    def change(self, change: int) -> ChangeRecord:
        """Raises KeyError if there is no such change."""
        rows = self._file.rows(
            "SELECT id, kind, title, intent, status, started, finished, error, undoing FROM change"
            " WHERE id=?",
            (change,),
        )
        if not rows:
            raise KeyError(change)
        tasks = self._file.rows(
            "SELECT id, title, needs, status, attempts, started, finished, seconds, error FROM task"
            " WHERE change=? ORDER BY position",
            (change,),
        )
        try:
            return _record(rows[0], tasks)
        except (ValueError, TypeError) as error:
            raise self._file.damaged(f"change {change}: {error}") from error

    def changes(self) -> list[ChangeRecord]:
        """All changes, newest first."""
        return [self.change(row[0]) for row in self._file.rows("SELECT id FROM change ORDER BY id DESC")]

    def note_host_change(self, change: HostChange, now: str) -> None:
        """Record a change of the host, or amend its record, which keeps its place in the order."""
        self._file.write(
            "INSERT INTO host_change (kind, target, before, time) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, target) DO UPDATE SET before=excluded.before",
            (change.kind, change.target, json.dumps(change.before), now),
        )

    def host_change(self, kind: str, target: str) -> HostChange | None:
        rows = self._file.rows("SELECT before FROM host_change WHERE kind=? AND target=?", (kind, target))
        return self._host_change(kind, target, rows[0][0]) if rows else None

    def host_changes(self) -> list[HostChange]:
        """Newest first: the order to undo them in."""
        rows = self._file.rows("SELECT kind, target, before FROM host_change ORDER BY id DESC")
        return [self._host_change(*row) for row in rows]

    def forget_host_change(self, change: HostChange) -> None:
        self._file.write("DELETE FROM host_change WHERE kind=? AND target=?", (change.kind, change.target))

    def _doing(self, change: int, *, undoing: bool) -> None:
        self._file.write(
            "UPDATE change SET status='doing', finished='', error='', undoing=? WHERE id=?", (undoing, change)
        )

    def _insert_tasks(self, change: int, tasks: Sequence[TaskRecord]) -> None:
        for position, task in enumerate(tasks):
            self._file.write(
                "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (change, position, task.id, task.title, json.dumps(task.needs), task.status, task.attempts,
                 task.started, task.finished, task.seconds, task.error),
            )  # fmt: skip

    def _host_change(self, kind: str, target: str, before: str) -> HostChange:
        try:
            return HostChange(kind, target, json.loads(before))
        except (ValueError, TypeError) as error:
            raise self._file.damaged(f"change of {target}: {error}") from error


def _may_read(path: Path) -> bool:
    """Whether who asks may, by the modes of the file and its folder; also true if there is no file."""
    try:
        return not path.exists() or os.access(path, os.R_OK)
    except PermissionError:
        return False


def _dump(intent: dict[str, Any]) -> str:
    return json.dumps(intent, sort_keys=True)


def _record(change: tuple[Any, ...], tasks: Sequence[tuple[Any, ...]]) -> ChangeRecord:
    number, kind, title, intent, status, started, finished, error, undoing = change
    return ChangeRecord(
        number, kind, title, json.loads(intent), ChangeStatus(status), started, finished, error,
        bool(undoing),
        tuple(
            TaskRecord(task[0], task[1], tuple(json.loads(task[2])), TaskStatus(task[3]), *task[4:])
            for task in tasks
        ),
    )  # fmt: skip
