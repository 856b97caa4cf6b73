"""Running checks: at the same time, bounded, and none hides what another sees."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import Check, CheckContext, Outcome, examine
from sunbeam.checks.wanted import Wanted
from sunbeam.core.errors import Problem
from sunbeam.core.paths import Paths
from tests.fakes.processes import FakeProcesses
from tests.unit.checks.seen import GOOD, WANTED

Look = Callable[[CheckContext], Awaitable[Any]]


async def nothing(context: CheckContext) -> None:
    return None


def full(seen: object, wanted: Wanted) -> Iterator[Problem]:
    """The disk has room."""
    yield Problem("the disk is full")


def odd(seen: object, wanted: Wanted) -> Iterator[Problem]:
    """All is usual."""
    yield Problem("something is odd", severity="warning", id="odd")


def check(id: str, look: Look = nothing, judge: Any = full, **rest: Any) -> Check[Any]:
    return Check(id, f"the {id}", look, judge, **rest)


def context(tmp_path: Path, wanted: Wanted = WANTED, uid: int = 0) -> CheckContext:
    system = replace(GOOD.system, uid=uid)
    return CheckContext(FakeProcesses(), Paths(tmp_path), wanted, root=tmp_path, system=system)


async def test_a_finding_is_named_after_its_check_unless_it_has_an_id(tmp_path: Path) -> None:
    found = await examine(context(tmp_path), [check("a"), check("b", judge=odd)])
    assert [problem.id for problem in found.problems] == ["a", "odd"]
    assert [outcome.status for outcome in found.outcomes] == ["error", "warning"] and found.failed


async def test_checks_run_at_the_same_time_and_a_hanging_one_is_a_finding(tmp_path: Path) -> None:
    async def hangs(context: CheckContext) -> None:
        await asyncio.sleep(60)

    async def breaks(context: CheckContext) -> None:
        raise ValueError("unexpected")

    hanging = [check(f"h{number}", hangs, seconds=0.05) for number in range(5)]
    told: list[Outcome] = []
    began = time.monotonic()
    found = await examine(context(tmp_path), [*hanging, check("broken", breaks), check("last")], told.append)
    assert time.monotonic() - began < 10
    assert [problem.id for problem in found.problems] == ["last", *["check-stalled"] * 5, "check-failed"]
    assert "ValueError: unexpected" in found.problems[-1].evidence
    assert len(told) == 7 and told[0].check.id in ("last", "broken")


async def test_a_check_that_gives_up_waiting_does_not_end_the_look_of_others(tmp_path: Path) -> None:
    looks = 0

    async def slow() -> str:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.05)
        return "seen"

    async def shared(context: CheckContext) -> str:
        return await context.shared("slow", slow)

    impatient, patient = check("a", shared, seconds=0.01), check("b", shared)
    found = await examine(context(tmp_path), [impatient, patient])
    assert [problem.id for problem in found.problems] == ["b", "check-stalled"] and looks == 1


async def test_looks_that_nobody_waits_for_end_with_the_examination(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def shared(context: CheckContext) -> None:
        await context.shared("endless", endless)

    await examine(context(tmp_path), [check("a", shared, seconds=0.01)])
    assert ended.is_set()


async def test_what_only_root_can_tell_is_not_guessed(tmp_path: Path) -> None:
    found = await examine(context(tmp_path, uid=1000), [check("a", needs_root=True)])
    assert [outcome.status for outcome in found.outcomes] == ["skipped"] and not found.problems


async def test_only_checks_of_wanted_roles_run(tmp_path: Path) -> None:
    checks = [check("a", roles=("compute",)), check("b", roles=("control",))]
    found = await examine(context(tmp_path, Wanted(roles=("compute",))), checks)
    assert [outcome.check.id for outcome in found.outcomes] == ["a"]


def test_every_check_is_named_and_explained() -> None:
    assert len({each.id for each in CHECKS}) == len(CHECKS) >= 30
    for each in CHECKS:
        assert each.meaning.endswith(".") and each.title and each.roles, each.id
