from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from sunbeam.cluster import refusal
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.operators.sealing import SealError
from sunbeam.operators.store import Store, StoreError


@pytest.mark.parametrize(
    ("failure", "what", "next_command"),
    [
        (SealError("another key"), "The secrets of this cloud cannot be opened", "sunbeam cluster start"),
        (StoreError("schema version 9"), "The operators' database cannot be read", "sunbeam cluster start"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full", "df -h "),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full", "df -h "),
        (OSError(errno.EADDRINUSE, "address already in use"), "A port of sunbeamd is taken", "ss -ltnp"),
    ],
)
def test_what_another_start_will_not_cure_is_kept_for_a_person(
    tmp_path: Path, failure: Exception, what: str, next_command: str
) -> None:
    paths = Paths(tmp_path)
    error = refusal.understood(paths, failure)
    assert error is not None and error.what == what and str(failure) in error.why and error.where
    assert error.next_command.startswith(next_command)
    refusal.keep(paths, error)
    kept = refusal.read(paths)
    assert str(kept) == str(error)
    refusal.forget(paths)
    assert refusal.read(paths) is None


def test_what_another_start_may_cure_is_left_to_it(tmp_path: Path) -> None:
    assert refusal.understood(Paths(tmp_path), ConnectionError("etcd is away")) is None
    own = SunbeamError("ours")
    assert refusal.understood(Paths(tmp_path), own) is own


def test_a_foreign_database_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "engine.db"
    file.write_bytes(b"not a database at all " * 400)
    with pytest.raises(sqlite3.DatabaseError) as failed:
        Store.open(file, bytes(32))
    error = refusal.understood(Paths(tmp_path), failed.value)
    assert error is not None and "file is not a database" in error.why
    assert file.read_bytes() == b"not a database at all " * 400
