from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root folder of this test's node."""
    monkeypatch.setenv("SUNBEAM_ROOT", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture
def program(root: Path) -> Run:
    """Runs ``tests.unit.cli.program`` to its end; changes are for root only."""
    if os.geteuid() != 0:
        pytest.skip("needs root")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "tests.unit.cli.program", *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60)

    return run
