"""The journal: every change and the status of each of its tasks, on disk before and after it happens."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunbeam.core.command import this_command
from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.core.status import ChangeStatus, TaskStatus

VERSION = 2
FROM_VERSION_1 = "ALTER TABLE change ADD COLUMN undoing INTEGER NOT NULL DEFAULT 0"

TABLES = """
CREATE TABLE change (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, intent TEXT NOT NULL,
  status TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '', undoing INTEGER NOT NULL DEFAULT 0);
CREATE TABLE task (
  change INTEGER NOT NULL REFERENCES change, position INTEGER NOT NULL, id TEXT NOT NULL,
  title TEXT NOT NULL, needs TEXT NOT NULL, status TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, started TEXT NOT NULL DEFAULT '',
  finished TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (change, id)) WITHOUT ROWID;
CREATE TABLE host_change (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, target TEXT NOT NULL, before TEXT NOT NULL,
  time TEXT NOT NULL, UNIQUE (kind, target));
"""


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


@dataclass(frozen=True)
class HostChange:
    """One thing changed on the host; ``before`` (JSON) is what it takes to put it back.

    ``kind`` file: target's ``before`` (a snapshot) and ``ours``, fingerprints of every content we gave it.
    folder: target was made by us.  command: ``argv`` takes it back ``when`` another program succeeds.
    packages: names ``added``; ``pending`` are those there before an installation that has not ended.
    """

    kind: str
    target: str
    before: dict[str, Any]


class JournalDamaged(SunbeamError):
    """The file is not a journal of this version."""


class NotReadable(UsageError):
    """The file belongs to root."""


class JournalNotWritten(SunbeamError):
    """The disk does not take what must be on record before anything is changed."""


class Journal:
    """One SQLite file; every call is a transaction of its own that survives a power loss."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found in (0, 1):
                self._make(TABLES.split(";\n") if found == 0 else [FROM_VERSION_1])
        except sqlite3.OperationalError as error:
            raise self._not_written(error) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error
        if found not in range(VERSION + 1):
            raise self._damaged(f"it has version {found}, this Sunbeam reads version {VERSION}")

    def _make(self, statements: Sequence[str]) -> None:
        """Bring the tables to this version, unless another process has just done so."""
        with self._transaction():
            if self._db.execute("PRAGMA user_version").fetchone()[0] == VERSION:
                return
            for statement in statements:
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version={VERSION}")

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Journal | None]:
        """The journal for a command that changes nothing; None if there is none yet.

        Raises NotReadable for a person who may not read it.
        """
        try:
            exists = path.exists()
            journal = cls(path) if exists and os.access(path, os.R_OK | os.W_OK) else None
        except PermissionError:
            exists, journal = True, None
        if exists and journal is None:
            raise NotReadable(
                "The journal is readable by root only",
                where=str(path),
                next_command=f"sudo {this_command()}",
            )
        try:
            yield journal
        finally:
            if journal is not None:
                journal.close()

    def close(self) -> None:
        self._db.close()

    def begin(
        self, kind: str, title: str, intent: dict[str, Any], tasks: Sequence[TaskRecord], now: str
    ) -> int:
        """Record a new change with all its tasks; returns its number."""
        with self._transaction():
            cursor = self._run(
                "INSERT INTO change (kind, title, intent, status, started) VALUES (?, ?, ?, 'doing', ?)",
                (kind, title, json.dumps(intent, sort_keys=True), now),
            )
            change = int(cursor.lastrowid or 0)
            self._insert_tasks(change, tasks)
        return change

    def resume(self, change: int, tasks: Sequence[TaskRecord]) -> None:
        """Continue ``change`` with today's task list; statuses of tasks that are known are kept."""
        known = {task.id: task for task in self.change(change).tasks}
        with self._transaction():
            self._run(
                "UPDATE change SET status='doing', finished='', error='', undoing=0 WHERE id=?", (change,)
            )
            self._run("DELETE FROM task WHERE change=?", (change,))
            self._insert_tasks(change, [known.get(task.id, task) for task in tasks])

    def undo(self, change: int) -> None:
        """From now on ``change`` is being undone; resuming it goes on with that."""
        self._run("UPDATE change SET status='doing', finished='', error='', undoing=1 WHERE id=?", (change,))

    def unfinished(self, kind: str, intent: dict[str, Any]) -> ChangeRecord | None:
        """The newest change of this kind and intent if it did not end as done or undone."""
        row = self._run(
            "SELECT id FROM change WHERE kind=? AND intent=? ORDER BY id DESC LIMIT 1",
            (kind, json.dumps(intent, sort_keys=True)),
        ).fetchone()
        newest = self.change(row[0]) if row else None
        return newest if newest and not newest.status.finished else None

    def task_started(self, change: int, task: str, status: TaskStatus, now: str) -> None:
        self._run(
            "UPDATE task SET status=?, started=?, finished='', error='', attempts=attempts+1"
            " WHERE change=? AND id=?",
            (status, now, change, task),
        )

    def task_finished(
        self, change: int, task: str, status: TaskStatus, now: str, seconds: float, error: str = ""
    ) -> None:
        self._run(
            "UPDATE task SET status=?, finished=?, seconds=?, error=? WHERE change=? AND id=?",
            (status, now, seconds, error, change, task),
        )

    def finish(self, change: int, status: ChangeStatus, now: str, error: str = "") -> None:
        self._run("UPDATE change SET status=?, finished=?, error=? WHERE id=?", (status, now, error, change))

    def change(self, change: int) -> ChangeRecord:
        """Raises KeyError if there is no such change."""
        row = self._run(
            "SELECT id, kind, title, intent, status, started, finished, error, undoing FROM change"
            " WHERE id=?",
            (change,),
        ).fetchone()
        if row is None:
            raise KeyError(change)
        tasks = self._run(
            "SELECT id, title, needs, status, attempts, started, finished, seconds, error FROM task"
            " WHERE change=? ORDER BY position",
            (change,),
        )
        number, kind, title, intent, status, started, finished, error, undoing = row
        return ChangeRecord(
            number, kind, title, json.loads(intent), ChangeStatus(status), started, finished, error,
            bool(undoing),
            tuple(
                TaskRecord(task[0], task[1], tuple(json.loads(task[2])), TaskStatus(task[3]), *task[4:])
                for task in tasks
            ),
        )  # fmt: skip

    def changes(self) -> list[ChangeRecord]:
        """All changes, newest first."""
        return [self.change(row[0]) for row in self._run("SELECT id FROM change ORDER BY id DESC")]

    def expected_seconds(self, kind: str) -> dict[str, float]:
        """How long each task took when a change of ``kind`` last really did it."""
        rows = self._run(
            "SELECT task.id, seconds FROM task JOIN change ON change.id = task.change"
            " WHERE kind=? AND task.status='done' ORDER BY change.id",
            (kind,),
        )
        return dict(rows.fetchall())

    def note_host_change(self, change: HostChange, now: str) -> None:
        """Record a change of the host, or amend its record, which keeps its place in the order."""
        self._run(
            "INSERT INTO host_change (kind, target, before, time) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, target) DO UPDATE SET before=excluded.before",
            (change.kind, change.target, json.dumps(change.before), now),
        )

    def host_change(self, kind: str, target: str) -> HostChange | None:
        row = self._run("SELECT before FROM host_change WHERE kind=? AND target=?", (kind, target)).fetchone()
        return HostChange(kind, target, json.loads(row[0])) if row else None

    def host_changes(self) -> list[HostChange]:
        """Newest first: the order to undo them in."""
        rows = self._run("SELECT kind, target, before FROM host_change ORDER BY id DESC")
        return [HostChange(kind, target, json.loads(before)) for kind, target, before in rows]

    def forget_host_change(self, change: HostChange) -> None:
        self._run("DELETE FROM host_change WHERE kind=? AND target=?", (change.kind, change.target))

    def _insert_tasks(self, change: int, tasks: Sequence[TaskRecord]) -> None:
        for position, task in enumerate(tasks):
            self._run(
                "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (change, position, task.id, task.title, json.dumps(task.needs), task.status, task.attempts,
                 task.started, task.finished, task.seconds, task.error),
            )  # fmt: skip

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise self._not_written(error) from error

    def _not_written(self, error: sqlite3.OperationalError) -> JournalNotWritten:
        return JournalNotWritten(
            "The journal cannot be written",
            where=str(self._path),
            why=str(error),
            next_command=f"df -h {self._path.parent}",
        )

    def _damaged(self, why: str) -> JournalDamaged:
        return JournalDamaged(
            "The journal cannot be read",
            where=str(self._path),
            why=why,
            next_command=f"mv {self._path} {self._path}.damaged",
        )
