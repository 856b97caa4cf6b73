from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy, builds, integers, lists, sets

from sunbeam.core.change import Change, ChangeFailed
from sunbeam.core.engine import Engine
from sunbeam.core.errors import Interrupted, NeedsPerson, PreflightFailed, Problem, SunbeamError
from sunbeam.core.events import (
    Awaiting,
    ChangeFinished,
    HostChanged,
    ProblemFound,
    TaskFinished,
    TaskProgress,
)
from sunbeam.core.journal import JournalNotWritten
from sunbeam.core.task import Context
from sunbeam.core.wait import Look
from tests.unit.core.bench import Step, Workbench


async def nothing(context: Context) -> None:
    """Do nothing."""


def graphs() -> SearchStrategy[dict[int, set[int]]]:
    """Eight tasks by the tasks they need, all of a smaller number."""

    def graph(wanted: list[set[int]]) -> dict[int, set[int]]:
        return {number: {need for need in needs if need < number} for number, needs in enumerate(wanted)}

    return builds(graph, lists(sets(integers(0, 7), max_size=3), min_size=8, max_size=8))


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


async def test_a_change_that_goes_on_has_no_error_of_the_run_before(bench: Workbench) -> None:
    """Cut off again before it comes to what failed, it was interrupted and did not fail."""

    async def stop(context: Context) -> None:
        raise asyncio.CancelledError

    async def fail(context: Context) -> None:
        raise SunbeamError("it broke")

    first = nothing

    async def before(context: Context) -> None:
        await first(context)

    change = Change("t", "T", [Step("a", before), Step("b", fail, "a")])
    with pytest.raises(SunbeamError, match="it broke"):
        await bench.engine.run(change)
    assert "it broke" in bench.journal.change(1).tasks[1].error
    first = stop
    with pytest.raises(Interrupted):
        await bench.engine.run(change)
    assert bench.journal.change(1).tasks[1].error == ""


async def test_what_is_as_wanted_is_left_alone(bench: Workbench) -> None:
    trail = Trail()
    await bench.engine.run(Change("t", "T", [trail.step("a", done=lambda: True)]))
    assert trail.names == [] and bench.statuses() == {"a": "unchanged"}


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
    assert [event.type for event in bench.events][-3:] == [
        "change-stopping",
        "task-finished",
        "change-finished",
    ]


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


async def test_only_so_many_tasks_are_at_work_at_once(bench: Workbench) -> None:
    at_work = most = 0

    async def work(context: Context) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1

    engine = Engine(
        bench.journal, bench.host, bench.paths, bench.clock, bench.redactor, bench.events.append, parallel=3
    )
    await engine.run(Change("t", "T", [Step(str(number), work) for number in range(9)]))
    assert most == 3


async def test_what_a_person_must_do_is_told_until_it_is_done(bench: Workbench) -> None:
    plugged = False

    async def light_the_lamp(context: Context) -> None:
        context.report("the lamp blinks")

    step = Step("disk", light_the_lamp, done=lambda: plugged)
    step.waits_for_person = "Put a disk into bay 3"
    with pytest.raises(NeedsPerson, match="Put a disk into bay 3") as held:
        await bench.engine.run(Change("t", "T", [step]))
    assert held.value.exit_code == 4 and held.value.next_command == "sunbeam test"
    assert bench.statuses() == {"disk": "held"}
    plugged = True
    await bench.engine.run(Change("t", "T", [step]))
    assert bench.statuses() == {"disk": "done"} and bench.journal.change(1).status == "done"


async def test_what_did_not_come_true_is_a_failure(bench: Workbench) -> None:
    class Hollow(Step):
        async def verify(self, context: Context) -> None:
            raise SunbeamError("the API does not answer")

    trail = Trail()
    with pytest.raises(SunbeamError, match="the API does not answer"):
        await bench.engine.run(Change("t", "T", [Hollow("a", nothing), trail.step("b", "a")]))
    assert bench.statuses() == {"a": "failed", "b": "pending"} and trail.names == []


async def test_every_error_says_what_to_type_next_and_where_it_was_raised(bench: Workbench) -> None:
    async def bug(context: Context) -> None:
        raise KeyError("nova")

    async def mistake(context: Context) -> None:
        raise ExceptionGroup("several", [SunbeamError("the real reason")])

    with pytest.raises(ChangeFailed) as failed:
        await bench.engine.run(Change("t", "T", [Step("a", bug), Step("b", mistake)]))
    assert failed.value.next_command == "sunbeam test"
    assert "test_engine.py, line" in failed.value.why and "the real reason" in failed.value.why
    assert failed.value.why.count("next: sunbeam test") == 2


async def test_warnings_are_told_and_stop_nothing(bench: Workbench) -> None:
    trail = Trail()
    warned = trail.step("a", problems=[Problem("no default route", severity="warning")])
    await bench.engine.run(Change("t", "T", [warned, trail.step("b")]))
    problems = [event for event in bench.events if isinstance(event, ProblemFound)]
    assert [problem.what for problem in problems] == ["no default route"] and trail.names == ["a", "b"]


async def test_a_continued_change_keeps_what_it_did_and_how_long_that_took(bench: Workbench) -> None:
    broken, acted = True, False

    async def slow(context: Context) -> None:
        nonlocal acted
        acted = True
        await context.clock.sleep(30)

    async def fail(context: Context) -> None:
        if broken:
            raise SunbeamError("no")

    change = Change("t", "T", [Step("slow", slow, done=lambda: acted), Step("bad", fail, "slow")])
    with pytest.raises(SunbeamError):
        await bench.engine.run(change)
    broken = False
    await bench.engine.run(change)
    await bench.engine.run(change)
    first, second = bench.journal.change(1), bench.journal.change(2)
    assert (first.tasks[0].status, first.tasks[0].seconds) == ("done", 30)
    assert second.tasks[0].status == "unchanged"


async def test_undoing_takes_back_what_was_done_by_a_run_that_was_cut_off(bench: Workbench) -> None:
    undone: list[str] = []
    there = {"theirs"}

    def step(name: str) -> Step:
        async def act(context: Context) -> None:
            there.add(name)
            raise asyncio.CancelledError

        async def undo(context: Context) -> None:
            undone.append(name)

        return Step(name, act, done=lambda: name in there, undo=undo)

    change = Change("t", "T", [step("theirs"), step("ours")])
    with pytest.raises(Interrupted):
        await bench.engine.run(change)
    assert bench.journal.change(1).status == "interrupted"
    await bench.engine.run(change)
    await bench.engine.undo(change, bench.journal.change(1))
    assert undone == ["ours"]


async def test_a_wait_tells_what_is_awaited_of_which_unit_since_when(bench: Workbench) -> None:
    looks = [
        Look(missing="starting", unit="nova/0"),
        Look(missing="migrating", unit="nova/0"),
        Look(done=True),
    ]

    async def wait(context: Context) -> None:
        async def look() -> Look:
            return looks.pop(0)

        await context.wait_for(look, pause_seconds=2)

    await bench.engine.run(Change("t", "T", [Step("a", wait)]))
    awaited = [event for event in bench.events if isinstance(event, Awaiting)]
    assert [(event.unit, event.what) for event in awaited] == [
        ("nova/0", "starting"),
        ("nova/0", "migrating"),
    ]
    assert {event.since for event in awaited} == {"2026-01-01T00:00:00.000Z"}


async def test_the_plan_lists_what_the_run_then_does(tmp_path: Path) -> None:
    class Configure(Step):
        rehearsable = True

    async def act(context: Context) -> None:
        context.host.write_file(context.paths.etc / "a.conf", "x")
        await context.host.run(["touch"], changes="touch the thing")

    def unreadable() -> bool:
        raise OSError("the daemon does not run yet")

    def change() -> Change:
        return Change(
            "t",
            "T",
            [
                Step("there", nothing, done=lambda: True),
                Configure("configure", act),
                Step("ask the daemon", nothing, "configure", done=unreadable),
            ],
        )

    dry = Workbench(tmp_path, dry_run=True)
    before = sorted(tmp_path.rglob("*"))
    planned = await dry.engine.plan(change())
    assert sorted(tmp_path.rglob("*")) == before
    assert [each.task.id for each in planned] == ["configure", "ask the daemon"]
    real = Workbench(tmp_path)
    real.processes.expect("touch")
    with pytest.raises(SunbeamError, match="ask the daemon"):
        await real.engine.run(change())
    done = [(each.verb, each.target) for each in real.host.performed]
    assert [(each.verb, each.target) for each in planned[0].mutations] == done and len(done) == 3
    told = [(event.verb, event.target) for event in real.events if isinstance(event, HostChanged)]
    assert told == done


@pytest.mark.parametrize(
    "tasks",
    [
        [Step("a", nothing), Step("a", nothing)],
        [Step("a", nothing, "missing")],
        [Step("a", nothing, "b"), Step("b", nothing, "a")],
    ],
    ids=["one id twice", "a need that is not there", "needs that go round"],
)
def test_a_change_that_cannot_be_done_cannot_be_made(tasks: list[Step]) -> None:
    with pytest.raises(ValueError):
        Change("t", "T", tasks)


async def test_a_full_disk_stops_the_change_with_its_name(bench: Workbench, tmp_path: Path) -> None:
    trail = Trail()
    bench.journal._file.rows("PRAGMA max_page_count=1")
    with pytest.raises(JournalNotWritten) as failed:
        await bench.engine.run(Change("t", "T" * 100_000, [trail.step("a")]))
    assert "full" in failed.value.why and failed.value.next_command.startswith("df -h")
    assert trail.names == []


async def test_what_failed_is_told_even_if_it_cannot_be_recorded(bench: Workbench) -> None:
    async def fail(context: Context) -> None:
        bench.journal._file.rows("PRAGMA query_only=1")
        raise SunbeamError("it broke")

    with pytest.raises(JournalNotWritten):
        await bench.engine.run(Change("t", "T", [Step("a", fail)]))
    ended = [each for each in bench.events if isinstance(each, TaskFinished | ChangeFinished)]
    assert [type(each).__name__ for each in ended] == ["TaskFinished", "ChangeFinished"]
    assert "it broke" in ended[0].error and ended[1].status == "failed"


async def test_what_fails_in_a_rehearsal_is_redacted_and_names_a_command(tmp_path: Path) -> None:
    class Configure(Step):
        rehearsable = True

    async def fail(context: Context) -> None:
        raise OSError("the password s3cret is wrong")

    dry = Workbench(tmp_path, dry_run=True)
    dry.redactor.add("s3cret")
    with pytest.raises(SunbeamError) as failed:
        await dry.engine.plan(Change("t", "T", [Configure("a", fail)]))
    assert "s3cret" not in str(failed.value) and failed.value.next_command == "sunbeam test"


@given(needs=graphs(), failing=sets(integers(0, 7)))
@settings(max_examples=40, deadline=None)
def test_any_graph_is_done_in_order_but_for_what_needs_a_failed_task(
    needs: dict[int, set[int]], failing: set[int]
) -> None:
    done: list[int] = []

    def step(number: int) -> Step:
        async def act(context: Context) -> None:
            await asyncio.sleep(0)
            if number in failing:
                raise SunbeamError(f"{number} fails")
            done.append(number)

        return Step(str(number), act, *map(str, needs[number]), done=lambda: number in done)

    with TemporaryDirectory() as root:
        bench = Workbench(Path(root))
        change = Change("t", "T", [step(number) for number in needs])
        with suppress(SunbeamError):
            asyncio.run(bench.engine.run(change))
        for place, number in enumerate(done):
            assert needs[number] <= set(done[:place])
        blocked = {number for number in needs if needs[number] - set(done)}
        assert set(done) == needs.keys() - failing - blocked
        failing.clear()
        asyncio.run(bench.engine.run(change))
        assert sorted(done) == sorted(needs)
        bench.journal.close()
