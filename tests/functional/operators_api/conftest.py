from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from juju.controller import Controller

from tests.functional.operators_api.api_harness import RunningController


@pytest.fixture
def running() -> Iterator[RunningController]:
    """The root is short and directly below /tmp: paths of Unix sockets are bounded."""
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))
    try:
        with RunningController.in_thread(root) as controller:
            yield controller
    finally:
        shutil.rmtree(root)


@pytest_asyncio.fixture
async def juju(running: RunningController) -> AsyncIterator[Controller]:
    """libjuju's Controller, logged in as the administrator."""
    controller = Controller()
    await controller.connect(**running.login())
    try:
        yield controller
    finally:
        await controller.disconnect()
