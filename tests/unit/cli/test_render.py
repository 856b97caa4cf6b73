from __future__ import annotations

import asyncio

import pytest

from sunbeam.cli.render import Plain, with_heartbeat
from sunbeam.core.events import Event, Heartbeat, TaskProgress, TaskStarted
from tests.fakes.clock import FakeClock


async def test_a_heartbeat_comes_every_fifteen_seconds_while_work_goes_on() -> None:
    clock = FakeClock()
    beats: list[tuple[float, Event]] = []

    async def work() -> None:
        await clock.sleep(50)

    await with_heartbeat(work(), lambda event: beats.append((clock.seconds, event)), clock)
    assert [moment for moment, _ in beats] == [15, 30, 45]
    assert all(isinstance(event, Heartbeat) for _, event in beats)
    await asyncio.sleep(0)
    assert len(beats) == 3


def test_off_a_terminal_a_heartbeat_says_what_still_runs(capsys: pytest.CaptureFixture[str]) -> None:
    plain = Plain()
    plain(TaskStarted(1, "a", "Build images"))
    plain(TaskProgress(1, "a", "layer 3 of 7"))
    plain(Heartbeat(0))
    assert capsys.readouterr().out.splitlines()[-1].endswith("still: Build images, 0 s: layer 3 of 7")
