from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.core.change import Change
from sunbeam.core.estimate import Expected, Lane
from sunbeam.core.history import expectations, undo_expectations
from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.core.task import Context, Task


class Step(Task):
    def __init__(self, id: str, typical: float, *needs: str, awaits: tuple[str, ...] = ()) -> None:
        self.id = self.title = id
        self.typical_seconds = typical
        self.needs = needs
        self.awaits = awaits

    async def act(self, context: Context) -> None:
        return None


class Build(Step):
    lane = Lane("builders", 2)
    phase = "Build images"


CHANGE = Change(
    "test", "Test", [Build("image", 40), Step("wait", 25, awaits=("image",)), Step("end", 3, "wait")]
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def at(second: int) -> str:
    return f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000Z"


def record(journal: Journal, *tasks: tuple[str, TaskStatus, int, int, float], kind: str = "test") -> None:
    pending = [TaskRecord(task.id, task.title, task.needs, TaskStatus.PENDING) for task in CHANGE.tasks]
    number = journal.begin(kind, "Test", {}, pending, at(0))
    for task, status, began, ended, seconds in tasks:
        journal.task_started(number, task, status, at(began))
        journal.task_finished(number, task, status, at(ended), seconds)
    journal.finish(number, ChangeStatus.DONE, at(300))


def test_without_a_past_times_are_typical(journal: Journal) -> None:
    assert expectations(CHANGE, journal) == (
        Expected("image", 40, lane="builders", width=2, phase="Build images"),
        Expected("wait", 25, awaits=("image",)),
        Expected("end", 3, needs=("wait",)),
    )


def test_the_last_time_that_it_was_really_done_counts(journal: Journal) -> None:
    record(journal, ("image", TaskStatus.DONE, 0, 100, 60.0), ("wait", TaskStatus.DONE, 5, 110, 105.0))
    record(journal, ("image", TaskStatus.UNCHANGED, 0, 1, 0.1), ("end", TaskStatus.FAILED, 2, 9, 7.0))
    record(journal, ("image", TaskStatus.DONE, 0, 5, 5.0), kind="another")
    seconds = {each.task: (each.seconds, each.measured) for each in expectations(CHANGE, journal)}
    assert seconds == {"image": (60.0, True), "wait": (10.0, True), "end": (3, False)}


def test_a_wait_whose_images_were_there_took_all_of_its_time(journal: Journal) -> None:
    record(journal, ("image", TaskStatus.UNCHANGED, 0, 1, 0.1), ("wait", TaskStatus.DONE, 1, 61, 60.0))
    assert {each.task: each.seconds for each in expectations(CHANGE, journal)}["wait"] == 60.0


def test_an_undo_goes_task_by_task_and_takes_as_long_as_the_last_one(journal: Journal) -> None:
    record(journal, ("wait", TaskStatus.UNDONE, 0, 4, 4.0))
    record(journal, ("wait", TaskStatus.UNDONE, 0, 6, 6.0), ("image", TaskStatus.DONE, 0, 9, 9.0))
    end, wait, image = reversed(CHANGE.in_order())
    assert undo_expectations([end, wait, image], "test", journal) == (
        Expected("end", 0.0),
        Expected("wait", 6.0, True, ("end",)),
        Expected("image", 0.0, needs=("wait",), phase="Build images"),
    )
