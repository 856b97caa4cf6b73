from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sunbeam.core.engine import Change
from sunbeam.core.errors import Interrupted, NeedsPerson, PreflightFailed, Problem, SunbeamError
from sunbeam.core.events import TaskFinished, TaskProgress
from sunbeam.core.task import Context, Retry
from tests.unit.core.bench import Step, Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


class Trail:
    """Records the order in which tasks act."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def step(self, name: str, *needs: str, **options: object) -> Step:
        async def act(context: Context) -> None:
            await asyncio.sleep(0)
            self.names.append(name)

        return Step(name, act, *needs, **options)  # type: ignore[arg-type]


async def test_tasks_run_after_what_they_need(bench: Workbench) -> None:
    trail = Trail()
    await bench.engine.run(
        Change("t", "T", [trail.step("c", "a", "b"), trail.step("b", "a"), trail.step("a")])
    )
    assert trail.names == ["a", "b", "c"]
    assert bench.statuses() == {"a": "done", "b": "done", "c": "done"}
    assert bench.journal.change(1).status == "done"


async def test_independent_tasks_run_at_the_same_time(bench: Workbench) -> None:
    meeting = asyncio.Barrier(2)

    async def meet(context: Context) -> None:
        async with asyncio.timeout(5):
            await meeting.wait()

    await bench.engine.run(Change("t", "T", [Step("a", meet), Step("b", meet)]))
    assert bench.statuses() == {"a": "done", "b": "done"}


async def test_all_problems_come_in_one_report_before_anything_changes(bench: Workbench) -> None:
    trail = Trail()
    change = Change(
        "t",
        "T",
        [
            trail.step("a", problems=[Problem("disk is full")]),
            trail.step("b", problems=[Problem("no route")]),
        ],
    )
    with pytest.raises(PreflightFailed) as failed:
        await bench.engine.run(change)
    assert "disk is full" in str(failed.value) and "no route" in str(failed.value)
    assert trail.names == [] and bench.journal.changes() == []


async def test_a_failure_lets_independent_tasks_finish_and_the_same_command_continues(
    bench: Workbench,
) -> None:
    trail = Trail()
    broken = True

    async def fail(context: Context) -> None:
        if broken:
            raise SunbeamError("it broke", next_command="mend it")

    change = Change("t", "T", [Step("bad", fail), trail.step("after", "bad"), trail.step("free")])
    with pytest.raises(SunbeamError, match="it broke"):
        await bench.engine.run(change)
    assert bench.statuses() == {"bad": "failed", "after": "pending", "free": "done"}
    broken = False
    await bench.engine.run(change)
    assert [record.status for record in bench.journal.changes()] == ["done"]
    assert trail.names == ["free", "free", "after"] or trail.names == ["free", "after", "free"]


async def test_what_is_as_wanted_is_left_alone(bench: Workbench) -> None:
    trail = Trail()
    await bench.engine.run(Change("t", "T", [trail.step("a", done=lambda: True)]))
    assert trail.names == [] and bench.statuses() == {"a": "unchanged"}


async def test_a_task_is_retried_as_its_data_says(bench: Workbench) -> None:
    tries: list[float] = []

    async def flaky(context: Context) -> None:
        tries.append(context.clock.monotonic())
        if len(tries) < 3:
            raise SunbeamError("not yet")

    await bench.engine.run(Change("t", "T", [Step("a", flaky, retry=Retry(3, 5))]))
    assert tries == [0.0, 5.0, 10.0]


async def test_a_task_that_needs_a_person_holds_the_change(bench: Workbench) -> None:
    async def ask(context: Context) -> None:
        raise NeedsPerson("plug the cable in")

    with pytest.raises(NeedsPerson):
        await bench.engine.run(Change("t", "T", [Step("a", ask)]))
    assert bench.statuses() == {"a": "held"} and bench.journal.change(1).status == "held"


async def test_an_interrupt_cancels_and_stays_resumable(bench: Workbench) -> None:
    async def forever(context: Context) -> None:
        await asyncio.sleep(3600)

    running = asyncio.create_task(bench.engine.run(Change("t", "T", [Step("a", forever)])))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(Interrupted):
        await running
    assert bench.journal.unfinished("t", {}) is not None


async def test_an_unexpected_exception_is_a_failed_task_not_a_crash(bench: Workbench) -> None:
    async def bug(context: Context) -> None:
        raise KeyError("nova")

    with pytest.raises(SunbeamError, match="Do a: failed"):
        await bench.engine.run(Change("t", "T", [Step("a", bug)]))
    assert "KeyError: 'nova'" in bench.journal.change(1).tasks[0].error


async def test_undo_goes_backwards_and_only_over_what_was_begun(bench: Workbench) -> None:
    undone: list[str] = []

    def step(name: str, *needs: str, fails: bool = False) -> Step:
        async def act(context: Context) -> None:
            if fails:
                raise SunbeamError("no")

        async def undo(context: Context) -> None:
            undone.append(name)

        return Step(name, act, *needs, undo=undo)

    change = Change("t", "T", [step("a"), step("b", "a", fails=True), step("c", "b")])
    with pytest.raises(SunbeamError):
        await bench.engine.run(change)
    await bench.engine.undo(change, bench.journal.change(1))
    assert undone == ["b", "a"]
    assert bench.journal.change(1).status == "undone" and bench.journal.unfinished("t", {}) is None


async def test_no_secret_reaches_events_or_journal(bench: Workbench) -> None:
    bench.redactor.add("s3cr3t-value")

    async def leak(context: Context) -> None:
        context.report("password is s3cr3t-value")
        raise SunbeamError("login with s3cr3t-value failed", why="s3cr3t-value is wrong")

    with pytest.raises(SunbeamError):
        await bench.engine.run(Change("t", "T", [Step("a", leak)]))
    texts = json.dumps([event.as_dict() for event in bench.events])
    stored = b"".join(file.read_bytes() for file in bench.paths.state.iterdir())
    assert "s3cr3t-value" not in texts and b"s3cr3t-value" not in stored
    assert any(isinstance(event, TaskProgress) for event in bench.events)
    assert any(isinstance(event, TaskFinished) and "********" in event.error for event in bench.events)


async def test_a_dry_run_lists_what_a_real_run_then_does_and_changes_nothing(tmp_path: Path) -> None:
    async def act(context: Context) -> None:
        context.host.write_file(context.paths.etc / "a.conf", "x")
        context.host.make_folder(context.paths.state / "deep/er")
        await context.host.run(["true"], changes="start the thing")

    dry = Workbench(tmp_path / "dry", dry_run=True)
    before = sorted(path for path in (tmp_path / "dry").rglob("*"))
    await dry.engine.run(Change("t", "T", [Step("a", act)]))
    after = sorted(path for path in (tmp_path / "dry").rglob("*"))
    assert [p for p in after if "journal" not in p.name] == [p for p in before if "journal" not in p.name]
    real = Workbench(tmp_path / "real")
    real.processes.expect("true")
    await real.engine.run(Change("t", "T", [Step("a", act)]))
    relative = [
        [(m.verb, m.target.replace(str(tmp_path / kind), "")) for m in host.performed]
        for kind, host in (("dry", dry.host), ("real", real.host))
    ]
    assert relative[0] == relative[1] and len(relative[0]) == 4
