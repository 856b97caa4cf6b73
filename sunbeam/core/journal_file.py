"""The journal's SQLite file: calls are transactions that survive a power loss, failures typed errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sunbeam.core.errors import SunbeamError
from sunbeam.core.private import private_folder

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
NOT_WRITTEN = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
)
"""What is wrong with the disk or another process; everything else is wrong with the file."""
WITHOUT = (
    "it is the record of what was changed on this machine: without it `sunbeam cluster destroy` removes what"
    " is in Sunbeam's own folders, and packages and files elsewhere stay"
)


class JournalDamaged(SunbeamError):
    """The file is no journal."""

    id = "journal-damaged"


class JournalNewer(SunbeamError):
    """The file is a journal that only a later Sunbeam can read."""

    id = "journal-newer"


class JournalNotWritten(SunbeamError):
    """The disk does not take what must be on record before anything is changed."""

    id = "journal-not-written"


class JournalFile:
    """Raises JournalDamaged and JournalNewer for a file that cannot be read, JournalNotWritten for one that
    takes no more.  ``writing`` False: for a disk that takes no more, of a file that is there.
    """

    def __init__(self, path: Path, *, writing: bool = True) -> None:
        self._path = path
        with self._typed():
            self._db = self._open() if writing else self._open_to_read()
        found = self._version()
        if found > VERSION:
            raise JournalNewer(
                "The journal was written by a newer Sunbeam",
                where=str(path),
                why=f"it has version {found}, this Sunbeam reads version {VERSION}; the file is sound",
                next_command="install the version of Sunbeam that wrote it, or a newer one",
            )
        if found < 0:
            raise self.damaged(f"it has version {found}")
        if found != VERSION and not writing:
            raise self._not_written(f"it has version {found} and must be brought to version {VERSION} first")
        if found != VERSION:
            self._make()

    def close(self) -> None:
        self._db.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._typed():
            return self._db.execute(statement, values).fetchall()

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Returns the id of the row that was inserted, if one was."""
        with self._typed():
            return int(self._db.execute(statement, values).lastrowid or 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.write("BEGIN IMMEDIATE")
        try:
            yield
            self.write("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def damaged(self, why: str) -> JournalDamaged:
        aside = self._path.parent / "damaged-journal"
        return JournalDamaged(
            "The journal cannot be read",
            where=str(self._path),
            why=f"{why}\n{WITHOUT}",
            next_command=f"mkdir {aside} && mv {self._path}* {aside}/",
        )

    def _open(self) -> sqlite3.Connection:
        private_folder(self._path.parent)
        self._path.touch(mode=0o600)
        db = self._connect("mode=rw")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        return db

    def _open_to_read(self) -> sqlite3.Connection:
        """Also where SQLite cannot make the file of memory that it shares with those who write."""
        db = self._connect("mode=ro")
        try:
            db.execute("PRAGMA user_version")
        except sqlite3.OperationalError:
            db.close()
            db = self._connect("mode=ro&immutable=1")
        return db

    def _connect(self, how: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=60
        )

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def _make(self) -> None:
        """Bring the tables to this version, unless another process has just done so."""
        with self.transaction():
            found = self._version()
            statements = {0: TABLES.split(";\n"), 1: [FROM_VERSION_1]}.get(found, [])
            for statement in statements:
                self.write(statement)
            self.write(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in NOT_WRITTEN:
                raise self.damaged(str(error)) from error
            raise self._not_written(str(error)) from error
        except PermissionError:
            raise
        except OSError as error:
            raise self._not_written(str(error)) from error

    def _not_written(self, why: str) -> JournalNotWritten:
        return JournalNotWritten(
            "The journal cannot be written",
            where=str(self._path),
            why=why,
            next_command=f"df -h {self._path.parent}",
        )
