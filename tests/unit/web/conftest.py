from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from sunbeam.web.app import application
from sunbeam.web.parts import VIEW
from tests.fakes.cloud import well
from tests.fakes.machine import detected
from tests.unit.web.visitor import RecordedCommands, Visitor


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    for folder in (paths.etc, paths.run, paths.state):
        folder.mkdir(parents=True)
    return paths


@pytest.fixture
def node(paths: Paths) -> Paths:
    NodeSettings.file(paths).write_text(NodeSettings("edge-7", "192.0.2.7").dump())
    return paths


@pytest.fixture
def commands(paths: Paths) -> RecordedCommands:
    return RecordedCommands(paths)


@pytest.fixture
async def stranger(paths: Paths, commands: RecordedCommands) -> AsyncIterator[Visitor]:
    """Somebody without a session."""
    app = application(paths, well, detected, commands, "edge-7")
    async with TestClient(TestServer(app)) as client:
        yield Visitor(client, app[VIEW])


@pytest.fixture
async def visitor(stranger: Visitor) -> Visitor:
    """Somebody who has logged in."""
    stranger.log_in()
    return stranger
