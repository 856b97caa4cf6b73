from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from sunbeam.cli.main import main
from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus, TaskStatus


@pytest.fixture
def recorded(root: Path) -> Paths:
    """A node with a finished change, and one that was cut off at its second task."""
    paths = Paths(root)
    journal = Journal(paths.journal)
    tasks = [TaskRecord(name, f"Do {name}", (), TaskStatus.PENDING) for name in ("a", "b")]
    now = "2026-01-01T10:00:00.123Z"
    for kind in ("one", "two"):
        change = journal.begin(kind, f"Change {kind}", {}, tasks, now)
        journal.task_started(change, "a", TaskStatus.DOING, now)
        journal.task_finished(change, "a", TaskStatus.DONE, now, 1.5)
    journal.task_finished(1, "b", TaskStatus.FAILED, now, 2.0, "it broke\n  next: mend it")
    journal.finish(1, ChangeStatus.FAILED, now, "it broke\n  next: mend it")
    journal.task_started(2, "b", TaskStatus.DOING, now)
    journal.close()
    return paths


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_changes_come_newest_first_in_every_format(
    recorded: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    table = output(capsys, "changes").splitlines()
    assert table[0].split() == ["id", "change", "status", "tasks", "started", "error"]
    assert table[1].split() == ["2", "Change", "two", "interrupted", "1/2", "2026-01-01", "10:00:00"]
    assert table[2].split()[-2:] == ["it", "broke"]
    rows = json.loads(output(capsys, "changes", "--format", "json"))
    assert [row["id"] for row in rows] == [2, 1]
    assert rows == yaml.safe_load(output(capsys, "changes", "--format", "yaml"))
    assert rows[0]["meaning"] == "It was cut off; the same command continues."


def test_a_change_that_a_live_process_does_is_not_called_cut_off(
    recorded: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    with change_lock(recorded.change_lock) as held:
        held.tell(2)
        rows = json.loads(output(capsys, "changes", "--format", "json"))
    assert rows[0]["status"] == "doing"


def test_tasks_are_shown_with_what_their_status_means(
    recorded: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(output(capsys, "tasks", "1", "--format", "json"))
    assert [(row["task"], row["status"], row["seconds"]) for row in rows] == [
        ("a", "done", 1.5),
        ("b", "failed", 2.0),
    ]
    assert rows[1]["meaning"] == "It failed; the same command tries it again."
    assert "next: mend it" in rows[1]["error"]


@pytest.mark.parametrize("words", [["tasks", "7"], ["tasks", "7", "--log"]])
def test_a_change_that_is_not_there_is_a_usage_error(
    recorded: Paths, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and "There is no change 7" in told and "next: sunbeam changes" in told


def test_without_a_journal_there_is_nothing_to_list(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "changes") == "none\n"
    assert json.loads(output(capsys, "changes", "--format", "json")) == []
    assert not root.exists()


def test_a_journal_of_another_kind_is_named_and_a_way_out_given(
    recorded: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.journal.write_bytes(b"not a database at all" * 100)
    with pytest.raises(SystemExit) as ended:
        main(["changes"])
    told = capsys.readouterr().err
    assert ended.value.code == 1 and str(recorded.journal) in told and f"mv {recorded.journal}*" in told


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_somebody_who_may_not_read_the_journal_is_told_to_use_sudo(
    recorded: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    recorded.journal.parent.chmod(0o700)
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            main(["changes"])
        except SystemExit as ended:
            os._exit(int(ended.code or 0))
    _, status = os.waitpid(child, 0)
    told = capfd.readouterr().err
    assert os.WEXITSTATUS(status) == 2 and "readable by root only" in told and "next: sudo sunbeam" in told
