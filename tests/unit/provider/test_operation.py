from __future__ import annotations

import asyncio

import pytest

from sunbeam.provider.diagnostics import ProviderError
from sunbeam.provider.resource import Operation


def operating() -> tuple[asyncio.Event, Operation, list[str]]:
    reports: list[str] = []
    stopping = asyncio.Event()
    return stopping, Operation(stopping, 0.5, reports.append), reports


async def test_it_waits_for_an_answer() -> None:
    _, operation, _ = operating()
    left = [None, None, "done"]

    async def check() -> str | None:
        return left.pop(0)

    assert await operation.until(check, "the answer") == "done"


async def never() -> None:
    return None


async def test_it_ends_when_it_is_stopped_or_out_of_time() -> None:
    stopping, operation, _ = operating()
    with pytest.raises(ProviderError) as error:
        await operation.until(never, "keystone to be gone")
    assert error.value.diagnostics[0].summary == "Timed out"
    assert "keystone to be gone" in error.value.diagnostics[0].detail

    stopping, operation, _ = operating()
    stopping.set()
    with pytest.raises(ProviderError, match="Interrupted"):
        await operation.until(never, "keystone to be gone")


async def test_what_is_in_the_way_is_told_and_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sunbeam.provider.resource.OBSTACLE_SECONDS", 0.1)
    _, operation, reports = operating()

    async def obstacle() -> str:
        return 'keystone/0: error: hook failed: "stop"'

    with pytest.raises(ProviderError, match="No progress"):
        await operation.until(never, "keystone to be gone", obstacle)
    assert reports == ['keystone/0: error: hook failed: "stop"']
