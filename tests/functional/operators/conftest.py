from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from engine_harness import Controller


@pytest_asyncio.fixture
async def controller() -> AsyncIterator[Controller]:
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))  # short: socket paths are bounded
    controller = Controller(root)
    await controller.engine.start()
    try:
        yield controller
    finally:
        await controller.engine.stop()
        controller.store.close()
        shutil.rmtree(root)
