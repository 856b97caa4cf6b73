"""A link leaves no task of libjuju behind, however soon it is closed."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from sunbeam.juju import connection
from sunbeam.juju.connection import Link
from sunbeam.juju.credentials import Credentials
from tests.functional.operators_api.api_harness import RunningController


@pytest.mark.parametrize("ping_seconds", [0.0, 10.0])
async def test_nothing_pending_is_destroyed(
    running: RunningController, monkeypatch: pytest.MonkeyPatch, ping_seconds: float
) -> None:
    monkeypatch.setattr(connection, "PING_SECONDS", ping_seconds)
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    login = running.login()
    credentials = Credentials((login["endpoint"],), "admin", login["password"], login["cacert"])
    others = asyncio.all_tasks()
    for turns in range(8):
        link = Link(credentials)
        await link.request("Pinger", "Ping", read=True)
        for _ in range(turns):
            await asyncio.sleep(0)
        await link.close()
        del link
        gc.collect()
    for _ in range(200):
        await asyncio.sleep(0.05)
        if asyncio.all_tasks() == others:
            break
    gc.collect()
    assert complaints == []
    assert asyncio.all_tasks() == others


async def test_a_controller_may_be_stopped_twice_even_at_once(tmp_path: Path) -> None:
    controller = RunningController(tmp_path)
    await controller.start()
    await asyncio.gather(controller.server.stop(), controller.server.stop())
    await controller.stop()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", controller.port)
