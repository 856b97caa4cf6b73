from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from sunbeam.juju import watch
from sunbeam.juju.connection import Link
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import JujuStuck, JujuUnreachable
from sunbeam.juju.model import Model
from sunbeam.juju.status import ModelStatus
from tests.unit.juju.test_status import STATUS


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model in which nothing ever changes."""

    async def changes(model: Model) -> AsyncGenerator[None, None]:
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
    being_made = ["image"] * 30

    def busy() -> bool:
        return bool(being_made) and bool(being_made.pop())

    with pytest.raises(JujuStuck):
        await watch.wait_until(still, lambda status: {"a/0": "waits"}, what="a", busy=busy, quiet=0.1)
    assert being_made == []


class Calls:
    """A link that notes what is called; a change of the model never comes."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def request(self, facade: str, method: str, params: Any = None, *, read: bool = False) -> Any:
        self.made.append(f"{facade}.{method}")
        if self.made.count("AllWatcher.Next") > 1 and method == "Next":
            await asyncio.Event().wait()
        return {"watcher-id": "7"}


async def test_a_wait_that_is_over_has_stopped_its_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full_status(model: Model) -> ModelStatus:
        await asyncio.sleep(0)
        return STATUS

    monkeypatch.setattr(watch, "full_status", full_status)
    model = Model.__new__(Model)
    calls: Any = Calls()
    model.link, model.name, model.generation = calls, "quick", 0
    assert await watch.wait_until(model, lambda status: {}, what="a") is STATUS
    assert calls.made[-1] == "AllWatcher.Stop"


async def test_a_closed_link_does_not_open_again() -> None:
    link = Link(Credentials(("127.0.0.1:9",), "admin", "secret"))
    await link.close()
    with pytest.raises(JujuUnreachable, match="was closed"):
        await link.request("Client", "FullStatus", read=True)
