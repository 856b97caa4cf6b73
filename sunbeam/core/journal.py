"""The journal: every change and the status of each of its tasks, on disk before and after it happens."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunbeam.core.errors import SunbeamError
from sunbeam.core.status import TaskStatus

VERSION = 1

TABLES = """
CREATE TABLE change (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, intent TEXT NOT NULL,
  status TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '');
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
    """A change as the journal knows it: status ``doing``, ``done``, ``failed``, ``held`` or ``undone``."""

    id: int
    kind: str
    title: str
    intent: dict[str, Any]
    status: str
    started: str
    finished: str = ""
    error: str = ""
    tasks: tuple[TaskRecord, ...] = field(default=())


@dataclass(frozen=True)
class HostChange:
    """One thing changed on the host: ``before`` says how it was (JSON), so that it can be put back."""

    kind: str
    target: str
    before: dict[str, Any]


class JournalDamaged(SunbeamError):
    """The file is not a journal of this version."""


class Journal:
    """One SQLite file; every call is a transaction of its own that survives a power loss."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                with self._transaction():
                    for statement in TABLES.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error
        if found not in (0, VERSION):
            raise self._damaged(f"it has version {found}, this Sunbeam reads version {VERSION}")

    def close(self) -> None:
        self._db.close()

    def begin(
        self, kind: str, title: str, intent: dict[str, Any], tasks: Sequence[TaskRecord], now: str
    ) -> int:
        """Record a new change with all its tasks; returns its number."""
        with self._transaction():
            cursor = self._db.execute(
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
            self._db.execute("UPDATE change SET status='doing', finished='', error='' WHERE id=?", (change,))
            self._db.execute("DELETE FROM task WHERE change=?", (change,))
            self._insert_tasks(change, [known.get(task.id, task) for task in tasks])

    def unfinished(self, kind: str, intent: dict[str, Any]) -> ChangeRecord | None:
        """The newest change of this kind and intent if it did not end as done or undone."""
        row = self._db.execute(
            "SELECT id FROM change WHERE kind=? AND intent=? ORDER BY id DESC LIMIT 1",
            (kind, json.dumps(intent, sort_keys=True)),
        ).fetchone()
        newest = self.change(row[0]) if row else None
        return newest if newest and newest.status not in ("done", "undone") else None

    def task_started(self, change: int, task: str, status: TaskStatus, now: str) -> None:
        self._db.execute(
            "UPDATE task SET status=?, started=?, finished='', error='', attempts=attempts+1"
            " WHERE change=? AND id=?",
            (status, now, change, task),
        )

    def task_finished(
        self, change: int, task: str, status: TaskStatus, now: str, seconds: float, error: str = ""
    ) -> None:
        self._db.execute(
            "UPDATE task SET status=?, finished=?, seconds=?, error=? WHERE change=? AND id=?",
            (status, now, seconds, error, change, task),
        )

    def finish(self, change: int, status: str, now: str, error: str = "") -> None:
        self._db.execute(
            "UPDATE change SET status=?, finished=?, error=? WHERE id=?", (status, now, error, change)
        )

    def change(self, change: int) -> ChangeRecord:
        """Raises KeyError if there is no such change."""
        row = self._db.execute(
            "SELECT id, kind, title, intent, status, started, finished, error FROM change WHERE id=?",
            (change,),
        ).fetchone()
        if row is None:
            raise KeyError(change)
        tasks = self._db.execute(
            "SELECT id, title, needs, status, attempts, started, finished, seconds, error FROM task"
            " WHERE change=? ORDER BY position",
            (change,),
        )
        number, kind, title, intent, status, started, finished, error = row
        return ChangeRecord(
            number, kind, title, json.loads(intent), status, started, finished, error,
            tuple(
                TaskRecord(task[0], task[1], tuple(json.loads(task[2])), TaskStatus(task[3]), *task[4:])
                for task in tasks
            ),
        )  # fmt: skip

    def changes(self) -> list[ChangeRecord]:
        """All changes, newest first."""
        return [self.change(row[0]) for row in self._db.execute("SELECT id FROM change ORDER BY id DESC")]

    def expected_seconds(self, kind: str) -> dict[str, float]:
        """How long each task of the last finished change of ``kind`` took."""
        row = self._db.execute(
            "SELECT id FROM change WHERE kind=? AND status='done' ORDER BY id DESC LIMIT 1", (kind,)
        ).fetchone()
        return {task.id: task.seconds for task in self.change(row[0]).tasks} if row else {}

    def note_host_change(self, change: HostChange, now: str) -> None:
        """Remember how the host was before its first change of this target; later ones add nothing."""
        self._db.execute(
            "INSERT OR IGNORE INTO host_change (kind, target, before, time) VALUES (?, ?, ?, ?)",
            (change.kind, change.target, json.dumps(change.before), now),
        )

    def host_changes(self) -> list[HostChange]:
        """Newest first: the order to undo them in."""
        rows = self._db.execute("SELECT kind, target, before FROM host_change ORDER BY id DESC")
        return [HostChange(kind, target, json.loads(before)) for kind, target, before in rows]

    def forget_host_change(self, change: HostChange) -> None:
        self._db.execute("DELETE FROM host_change WHERE kind=? AND target=?", (change.kind, change.target))

    def _insert_tasks(self, change: int, tasks: Sequence[TaskRecord]) -> None:
        self._db.executemany(
            "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (change, position, task.id, task.title, json.dumps(task.needs), task.status, task.attempts,
                 task.started, task.finished, task.seconds, task.error)
                for position, task in enumerate(tasks)
            ],
        )  # fmt: skip

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _damaged(self, why: str) -> JournalDamaged:
        return JournalDamaged(
            "The journal cannot be read",
            where=str(self._path),
            why=why,
            next_command="sunbeam cluster destroy --force",
        )
