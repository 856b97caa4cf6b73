from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.functional.operators.engine_harness import Controller

ROOT_PREFIX = "sb-"
"""Roots are short and directly below /tmp: paths of Unix sockets are bounded."""


@pytest_asyncio.fixture(params=["warm", "native"])
async def controller(request: pytest.FixtureRequest) -> AsyncIterator[Controller]:
    root = Path(tempfile.mkdtemp(prefix=ROOT_PREFIX, dir="/tmp"))
    controller = Controller(root, executor=request.param)
    await controller.engine.start()
    try:
        yield controller
    finally:
        await controller.engine.stop()
        controller.store.close()
        shutil.rmtree(root)
