from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sunbeam.core.journal import Journal, JournalDamaged


@pytest.mark.parametrize("version", [None, 7])
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
    assert refused.value.next_command == f"mv {file} {file}.damaged"
    file.rename(f"{file}.damaged")
    Journal(file).close()
