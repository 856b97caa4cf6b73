"""The debug log of all models: a bounded SQLite table of its own, and live followers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sunbeam.operators.entities import now

KEPT_RECORDS = 50_000
_TRIM_EVERY = 1_000


@dataclass(frozen=True)
class LogRecord:
    """One line; ``level`` is a Juju log level in capitals, ``timestamp`` RFC 3339 in UTC."""

    model_uuid: str
    tag: str
    timestamp: str
    level: str
    module: str
    message: str


Follower = Callable[[LogRecord], None]


class DebugLog:
    """Kept apart from the entities, so that neither a rollback nor a full log touches the other."""

    def __init__(self, connection: sqlite3.Connection, kept: int = KEPT_RECORDS) -> None:
        self._connection = connection
        self._kept = kept
        self._since_trim = 0
        self._followers: list[Follower] = []

    @classmethod
    def open(cls, path: Path, kept: int = KEPT_RECORDS) -> DebugLog:
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, model_uuid TEXT, tag TEXT,"
            " timestamp TEXT, level TEXT, module TEXT, message TEXT)"
        )
        return cls(connection, kept)

    def close(self) -> None:
        self._connection.close()

    def append(self, model_uuid: str, tag: str, level: str, module: str, message: str) -> None:
        record = LogRecord(model_uuid, tag, now(), level, module, message)
        self._connection.execute(
            "INSERT INTO log (model_uuid, tag, timestamp, level, module, message) VALUES (?, ?, ?, ?, ?, ?)",
            (model_uuid, tag, record.timestamp, level, module, message),
        )
        self._since_trim += 1
        if self._since_trim >= min(_TRIM_EVERY, self._kept):
            self._since_trim = 0
            self._connection.execute(
                "DELETE FROM log WHERE number <= (SELECT max(number) FROM log) - ?", (self._kept,)
            )
        for follower in list(self._followers):
            follower(record)

    def records(self, model_uuid: str, limit: int | None = None) -> list[LogRecord]:
        """The last ``limit`` records of a model (all by default), oldest first."""
        rows = self._connection.execute(
            "SELECT model_uuid, tag, timestamp, level, module, message FROM log WHERE model_uuid = ?"
            " ORDER BY number DESC LIMIT ?",
            (model_uuid, -1 if limit is None else limit),
        ).fetchall()
        return [LogRecord(*row) for row in reversed(rows)]

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call ``follower`` with each new record of any model; returns how to end that."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)
