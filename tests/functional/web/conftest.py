from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from tests.e2e.browser import Browser, chromium

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path / "root")
    for folder in (paths.etc, paths.run, paths.state):
        folder.mkdir(parents=True)
    return paths


@pytest.fixture
def node(paths: Paths) -> Paths:
    """A machine that is a cloud."""
    NodeSettings.file(paths).write_text(NodeSettings("edge-7", "192.0.2.7").dump())
    return paths


@pytest.fixture
def browser() -> Iterator[Browser]:
    if shutil.which("chromedriver") is None:
        pytest.skip("needs chromedriver (Debian: chromium-driver)")
    with chromium() as browser:
        yield browser


@contextmanager
def served(paths: Paths, *, speed: float = 40.0, scene: str = "") -> Iterator[str]:
    """The link of a view whose seams are fakes; ``scene`` fail: an image fails, refuse: a check does."""
    argv = [sys.executable, "-m", "tests.functional.web.served", str(paths.root), str(speed)]
    server = subprocess.Popen(
        argv, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env={**os.environ, "SCENE": scene}
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(10)
