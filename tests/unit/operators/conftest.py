from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.operators.hook_world import HookWorld


@pytest.fixture
def world(tmp_path: Path) -> HookWorld:
    return HookWorld(tmp_path)
