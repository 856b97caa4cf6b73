"""A change killed at any moment is continued by the same command: nothing is lost or done twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from tests.unit.core.tortured import TASKS, THEIRS

KILLS = 24


def test_random_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.unit.core.tortured", str(tmp_path), "20", str(KILLS)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    rounds, kills = map(int, ended.stdout.split())
    assert kills >= KILLS
    for number in range(rounds + 1):
        root = tmp_path / str(number)
        check_journal(Paths(root))
        if number and number % 2 == 0:
            check_taken_back(root / "world")
        else:
            check_done(root / "world")


def check_journal(paths: Paths) -> None:
    """One change did it all; one begun after it, by a run killed after its last task, found nothing to do."""
    journal = Journal(paths.journal)
    *later, first = journal.changes()
    assert first.status == "done" and {str(task.status) for task in first.tasks} == {"done"}
    for change in later:
        assert change.status == "done" and {str(task.status) for task in change.tasks} == {"unchanged"}
    journal.close()


def check_done(world: Path) -> None:
    added = [f"t{number}" for number in range(TASKS)]
    first, *lines = (world / "shared").read_text().splitlines()
    assert first + "\n" == THEIRS and sorted(lines) == added
    numbers = range(TASKS)
    expected = {"shared", *(f"folder-{n}/own" for n in numbers), *(f"made-{n}" for n in numbers)}
    assert files(world) == expected


def check_taken_back(world: Path) -> None:
    assert (world / "shared").read_text() == THEIRS
    assert [path.name for path in world.iterdir()] == ["shared"]


def files(world: Path) -> set[str]:
    return {str(path.relative_to(world)) for path in world.rglob("*") if path.is_file()}
