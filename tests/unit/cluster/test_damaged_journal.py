from __future__ import annotations

import random
import sqlite3
import subprocess
from pathlib import Path

import pytest

from sunbeam.core.journal import (
    HostChange,
    Journal,
    JournalDamaged,
    JournalNewer,
    JournalNotWritten,
    TaskRecord,
)
from sunbeam.core.status import ChangeStatus, TaskStatus


@pytest.mark.parametrize("version", [None, -7])
def test_a_file_that_is_no_journal_of_ours_is_named_and_stays(tmp_path: Path, version: int | None) -> None:
    file = tmp_path / "journal.db"
    if version is None:
        file.write_bytes(b"not a journal at all " * 400)
    else:
        with sqlite3.connect(file) as foreign:
            foreign.execute(f"PRAGMA user_version={version}")
    with pytest.raises(JournalDamaged, match="The journal cannot be read") as refused:
        Journal(file)
    assert refused.value.where == str(file) and refused.value.why
    subprocess.run(["sh", "-c", refused.value.next_command], check=True)
    Journal(file).close()


def test_a_journal_of_a_newer_sunbeam_is_told_as_such_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    Journal(file).close()
    with sqlite3.connect(file) as newer:
        newer.execute("PRAGMA user_version=3")
    with pytest.raises(JournalNewer, match="newer Sunbeam") as refused:
        Journal(file)
    assert "version 3" in refused.value.why and "mv" not in str(refused.value)


def filled(file: Path) -> None:
    journal = Journal(file)
    for number in range(20):
        tasks = [TaskRecord(f"t{task}", "A task", ("t0",), TaskStatus.PENDING) for task in range(20)]
        change = journal.begin("test", "Test things", {"number": number}, tasks, "now")
        journal.finish(change, ChangeStatus.DONE, "now")
        journal.note_host_change(HostChange("folder", f"/a/{number}", {}), "now")
    journal.close()


def test_a_journal_is_read_where_sqlite_can_make_no_file_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    filled(file)
    Path(f"{file}-shm").symlink_to("nowhere/at/all")
    with pytest.raises(JournalNotWritten):
        Journal(file)
    with Journal.reading(file) as journal:
        assert journal is not None and len(journal.changes()) == 20


def test_a_journal_that_cannot_be_brought_up_to_date_is_not_damaged(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    filled(file)
    with sqlite3.connect(file) as old:
        old.execute("PRAGMA user_version=1")
    with pytest.raises(JournalNotWritten, match="cannot be written") as refused:
        Journal(file, writing=False)
    assert "version 1" in refused.value.why


def test_broken_pages_are_told_as_a_damaged_journal(tmp_path: Path) -> None:
    """Whatever page breaks: the journal is read as it was, or told to be damaged; nothing else is raised."""
    chance, damaged = random.Random(1), 0
    good = tmp_path / "good.db"
    filled(good)
    content = good.read_bytes()
    assert len(content) > 8 * 4096
    for number in range(60):
        file = tmp_path / str(number) / "journal.db"
        file.parent.mkdir()
        page = chance.randrange(len(content) // 4096)
        broken = bytearray(content)
        broken[page * 4096 : page * 4096 + 4096] = chance.randbytes(4096) if number % 2 else bytes(4096)
        file.write_bytes(broken)
        try:
            journal = Journal(file)
            try:
                assert journal.changes() and journal.host_changes()
                journal.unfinished("test", {"number": 3})
                journal.begin("test", "T", {}, [], "now")
            finally:
                journal.close()
        except JournalDamaged as error:
            damaged += 1
            assert error.where == str(file) and error.why and "journal.db" in error.next_command
    assert damaged > 30
