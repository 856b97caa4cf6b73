from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.core.lock import holder
from tests.functional.changes.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "root")
    made.root.mkdir()
    yield made
    left = holder(made.paths.change_lock)
    if left is not None:
        os.kill(left.pid, signal.SIGKILL)
