"""The engine with changes that are in the journal: going on, one task again, undoing, a changed mind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.change import Change, differing
from sunbeam.core.errors import SunbeamError
from sunbeam.core.events import ChangeStarted, ProblemFound
from sunbeam.core.foresight import Foresight, Touch
from sunbeam.core.history import undo_expectations
from sunbeam.core.preview import assemble_undo
from sunbeam.core.task import Context
from sunbeam.tasks.recorded import staying
from tests.unit.core.bench import Step, Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


class Trail:
    """Notes which steps were done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def step(self, id: str, *needs: str, fails: bool = False, **more: Any) -> Step:
        async def act(context: Context) -> None:
            if fails:
                raise SunbeamError(f"{id} failed")
            self.done.append(id)

        async def undo(context: Context) -> None:
            self.done.append(f"undo {id}")

        return Step(id, act, *needs, done=lambda: id in self.done, undo=undo, **more)


async def test_a_recorded_change_goes_on_under_its_number(bench: Workbench) -> None:
    trail = Trail()
    with pytest.raises(SunbeamError):
        await bench.engine.run(
            Change("t", "T", [trail.step("a"), trail.step("b", "a", fails=True)], {"n": 1})
        )
    await bench.engine.run(Change("t", "T", [trail.step("a")], {"n": 2}))
    await bench.engine.run(Change("t", "T", [trail.step("a"), trail.step("b", "a")], {"n": 1}), 1)
    assert trail.done == ["a", "b"] and bench.statuses(1) == {"a": "done", "b": "done"}
    assert len(bench.journal.changes()) == 2


async def test_a_task_is_done_again_although_all_is_as_wanted(bench: Workbench) -> None:
    trail = Trail()
    change = Change("t", "T", [trail.step("a"), trail.step("b", "a"), trail.step("c", "b")])
    await bench.engine.run(change)
    await bench.engine.run(change, 1, again="b")
    assert trail.done == ["a", "b", "c", "b"]
    record = bench.journal.change(1)
    assert [task.attempts for task in record.tasks] == [1, 2, 1] and record.status == "done"


async def test_what_an_undo_would_lose_is_named_once_without_secrets(bench: Workbench) -> None:
    trail = Trail()

    class Losing(Step):
        async def loses(self, context: Context) -> list[str]:
            return ["the VM", "what hunter22 opens"]

    async def act(context: Context) -> None:
        bench.redactor.add("hunter22")

    change = Change("t", "T", [trail.step("a"), Losing("b", act), Losing("c", act, "b")])
    await bench.engine.run(change)
    assert await bench.engine.losses(change, bench.journal.change(1)) == ["the VM", "what ******** opens"]
    assert await bench.engine.losses(change, bench.journal.change(1)) and bench.statuses()["b"] == "done"


async def test_an_undo_is_on_record_until_the_change_is_done_again(bench: Workbench) -> None:
    trail = Trail()
    change = Change("t", "T", [trail.step("a")])
    await bench.engine.run(change)
    await bench.engine.undo(change, bench.journal.change(1))
    assert bench.journal.change(1).undoing and trail.done == ["a", "undo a"]
    trail.done.clear()
    await bench.engine.run(change, 1)
    assert not bench.journal.change(1).undoing and bench.statuses() == {"a": "done"}


async def test_what_was_there_before_a_look_failed_is_not_undone(bench: Workbench) -> None:
    trail = Trail()
    answers: list[SunbeamError | bool] = [SunbeamError("the API is away", id="openstack-refused"), True]

    def look() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, SunbeamError):
            raise answer
        return answer

    async def undo(context: Context) -> None:
        trail.done.append("undo a")

    async def act(context: Context) -> None:
        trail.done.append("a")

    change = Change("t", "T", [Step("a", act, done=look, undo=undo)])
    with pytest.raises(SunbeamError, match="away"):
        await bench.engine.run(change)
    await bench.engine.run(change)
    assert bench.statuses() == {"a": "unchanged"}
    await bench.engine.undo(change, bench.journal.change(1))
    assert trail.done == []


async def test_an_undo_is_planned_in_its_order_with_what_it_touches_and_loses(tmp_path: Path) -> None:
    async def write(context: Context) -> None:
        context.host.write_file(context.paths.etc / "a.conf", "x")

    async def remove(context: Context) -> None:
        context.report("kept b.conf")
        context.host.remove(context.paths.etc / "a.conf")

    class Owned(Step):
        async def loses(self, context: Context) -> list[str]:
            return ["the pictures"]

    change = Change("t", "T", [Owned("a", write, undo=remove), Step("b", write, "a"), Step("c", write, "b")])
    real = Workbench(tmp_path)
    await real.engine.run(change)
    dry = Workbench(tmp_path, dry_run=True)
    planned = await dry.engine.plan_undo(change, dry.journal.change(1))
    seen = assemble_undo(change, planned, undo_expectations(change.in_order()[::-1], "t", dry.journal))
    assert (seen.title, [task.task for task in seen.tasks]) == ("Undo: T", ["c", "b", "a"])
    file = str(real.paths.etc / "a.conf")
    touched = (Touch("file", "remove", file),)
    assert seen.tasks[2].foresight == Foresight(
        True, touched, risks=("lost: the pictures",), note="kept b.conf"
    )
    assert seen.tasks[0].foresight == Foresight(changes=False, note="nothing to take back")
    assert Path(file).exists() and not dry.events and real.statuses() == dict.fromkeys("abc", "done")


async def test_what_a_newer_version_knows_nothing_of_stays_on_record(bench: Workbench) -> None:
    trail = Trail()
    before = Change("t", "T", [trail.step("a"), trail.step("b", fails=True), trail.step("c", "b")])
    with pytest.raises(SunbeamError):
        await bench.engine.run(before)
    today = Change("t", "T", [trail.step("b")])
    await bench.engine.run(today)
    assert bench.statuses() == {"a": "done", "b": "done"}
    assert staying(today, bench.journal.change(1)) == ["Do a: this version of Sunbeam does not know how"]


async def test_who_wants_something_else_in_the_middle_of_a_change_is_told(bench: Workbench) -> None:
    trail = Trail()
    wanted = {"manifest": {"network": {"pods": "10.0.0.0/24"}, "region": "Here"}}
    with pytest.raises(SunbeamError):
        await bench.engine.run(Change("t", "T", [trail.step("a", fails=True)], wanted))
    other = {"manifest": {"network": {"pods": "10.9.0.0/24"}, "region": "Here"}}
    await bench.engine.run(Change("t", "T", [trail.step("a")], other))
    (problem,) = [event for event in bench.events if isinstance(event, ProblemFound)]
    assert problem.severity == "warning" and "Change 1 is not finished" in problem.what
    assert "manifest.network.pods" in problem.why and "region" not in problem.why
    started = [event.change for event in bench.events if isinstance(event, ChangeStarted)]
    assert started == [1, 2]


async def test_another_thing_of_the_same_kind_is_no_changed_mind(bench: Workbench) -> None:
    trail = Trail()
    with pytest.raises(SunbeamError):
        await bench.engine.run(Change("launch", "Launch first", [trail.step("a", fails=True)], {"n": 1}))
    await bench.engine.run(Change("launch", "Launch second", [trail.step("a")], {"n": 2}))
    assert not [event for event in bench.events if isinstance(event, ProblemFound)]


def test_intents_differ_in_keys() -> None:
    assert differing({"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"b": 1, "c": [2]}, "e": 2}) == [
        "a.c",
        "d",
        "e",
    ]
    assert differing({}, {}) == []
