"""What relies on a failed task is given up at once; what does not is still done."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sunbeam.core.change import Change
from sunbeam.core.errors import NeedsPerson, SunbeamError
from sunbeam.core.estimate import PARALLEL
from sunbeam.core.events import TaskFinished, TaskStarted
from sunbeam.core.task import Context
from tests.unit.core.bench import Step, Workbench


async def forever(context: Context) -> None:
    await asyncio.Event().wait()


async def briefly(context: Context) -> None:
    await asyncio.sleep(0.05)


async def fail(context: Context) -> None:
    await asyncio.sleep(0.01)
    raise SunbeamError("it broke", next_command="mend it")


async def run(bench: Workbench, *steps: Step, fails: type[SunbeamError] = SunbeamError) -> SunbeamError:
    with pytest.raises(fails) as raised:
        async with asyncio.timeout(5):
            await bench.engine.run(Change("t", "T", steps))
    return raised.value


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


async def test_who_waits_for_what_failed_stops_and_says_why(bench: Workbench) -> None:
    error = await run(bench, Step("image", fail), Step("wait", forever, awaits=("image",)))
    assert error.what == "it broke"
    assert bench.statuses() == {"image": "failed", "wait": "failed"}
    (given_up,) = [
        each for each in bench.events if isinstance(each, TaskFinished) and each.error_id == "awaited-failed"
    ]
    assert given_up.task == "wait"
    assert "“Do image”, which did not succeed" in given_up.error
    assert "next: sunbeam test" in given_up.error


async def test_others_come_to_their_end(bench: Workbench) -> None:
    await run(
        bench,
        Step("image", fail),
        Step("other", briefly),
        Step("beside", briefly, awaits=("other",)),
        Step("wait", forever, awaits=("image", "other")),
    )
    assert bench.statuses() == {"image": "failed", "other": "done", "beside": "done", "wait": "failed"}


async def test_waiting_is_passed_on(bench: Workbench) -> None:
    """By needs and by waits, and through tasks that were not begun."""
    await run(
        bench,
        Step("image", fail),
        Step("control", forever, awaits=("image",)),
        Step("hypervisor", forever, awaits=("control",)),
        Step("applied", briefly, "image"),
        Step("end", forever, awaits=("applied",)),
    )
    assert bench.statuses() == {
        "image": "failed", "control": "failed", "hypervisor": "failed", "applied": "pending", "end": "failed",
    }  # fmt: skip


async def test_what_would_wait_for_it_is_not_begun(bench: Workbench) -> None:
    await run(
        bench, Step("image", fail), Step("apply", briefly), Step("wait", forever, "apply", awaits=("image",))
    )
    assert bench.statuses() == {"image": "failed", "apply": "done", "wait": "pending"}
    assert "wait" not in [each.task for each in bench.events if isinstance(each, TaskStarted)]


async def test_what_stands_in_the_queue_is_not_begun(bench: Workbench) -> None:
    full = [Step(f"full{number}", briefly) for number in range(PARALLEL - 1)]
    await run(bench, Step("image", fail), *full, Step("wait", forever, awaits=("image",)))
    assert bench.statuses()["wait"] == "pending"
    assert {bench.statuses()[each.id] for each in full} == {"done"}


async def test_a_task_that_waits_for_a_person_is_not_waited_for(bench: Workbench) -> None:
    async def ask(context: Context) -> None:
        await asyncio.sleep(0.01)
        raise NeedsPerson("plug it in")

    await run(bench, Step("ask", ask), Step("wait", forever, awaits=("ask",)), fails=NeedsPerson)
    assert bench.statuses() == {"ask": "held", "wait": "failed"}
    assert bench.journal.change(1).status == "held"


async def test_the_same_command_does_it_all(bench: Workbench) -> None:
    mended = False

    async def build(context: Context) -> None:
        if not mended:
            await fail(context)

    async def wait(context: Context) -> None:
        if not mended:
            await forever(context)

    change = Change("t", "T", [Step("image", build), Step("wait", wait, awaits=("image",))])
    with pytest.raises(SunbeamError, match="it broke"):
        await bench.engine.run(change)
    mended = True
    await bench.engine.run(change)
    assert bench.statuses() == {"image": "done", "wait": "done"}
