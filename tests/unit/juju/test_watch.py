from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sunbeam.juju import watch
from sunbeam.juju.errors import JujuStuck
from sunbeam.juju.model import Model
from sunbeam.juju.status import ModelStatus
from tests.unit.juju.test_status import STATUS


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model in which nothing ever changes."""

    async def changes(model: Model) -> AsyncIterator[None]:
        while True:
            yield
            await asyncio.sleep(0.01)

    async def full_status(model: Model) -> ModelStatus:
        return STATUS

    monkeypatch.setattr(watch, "changes", changes)
    monkeypatch.setattr(watch, "full_status", full_status)
    return Model.__new__(Model)


async def test_no_wait_is_quiet_while_what_it_needs_is_being_made(still: Model) -> None:
    still.name = "still"
    began = asyncio.get_running_loop().time()

    def busy() -> bool:
        return asyncio.get_running_loop().time() - began < 0.3

    with pytest.raises(JujuStuck):
        await watch.wait_until(still, lambda status: {"a/0": "waits"}, what="a", busy=busy, quiet=0.1)
    assert 0.35 < asyncio.get_running_loop().time() - began < 5
