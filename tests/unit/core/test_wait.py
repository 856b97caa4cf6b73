from __future__ import annotations

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.core.wait import Look, WaitedInVain, wait_for
from tests.fakes.clock import FakeClock


async def test_it_outlasts_any_period_while_something_progresses() -> None:
    clock = FakeClock()
    steps = iter(range(1000))

    async def look() -> Look:
        step = next(steps)
        return Look(done=step == 900, missing="keystone/0: starting", progress=str(step // 20))

    await wait_for(look, clock, quiet_seconds=60, pause_seconds=2)
    assert clock.seconds == 1800


async def test_it_ends_after_a_quiet_period_and_names_what_was_awaited() -> None:
    clock = FakeClock()

    async def look() -> Look:
        return Look(missing="nova/0: waiting for the database")

    with pytest.raises(WaitedInVain, match="nova/0: waiting for the database") as vain:
        await wait_for(look, clock, quiet_seconds=60)
    assert 60 < clock.seconds < 62 and "nothing changed for" in vain.value.why


async def test_a_known_error_ends_it_at_once() -> None:
    clock = FakeClock()

    async def look() -> Look:
        return Look(missing="x", failed=SunbeamError("hook failed"))

    with pytest.raises(SunbeamError, match="hook failed"):
        await wait_for(look, clock)
    assert clock.seconds == 0


async def test_each_new_reason_is_reported_once() -> None:
    reasons = ["a", "a", "b", "b", ""]
    told: list[str] = []

    async def look() -> Look:
        reason = reasons.pop(0)
        return Look(done=not reason, missing=reason)

    await wait_for(look, FakeClock(), on_look=lambda seen: told.append(seen.sentence))
    assert told == ["a", "b"]
