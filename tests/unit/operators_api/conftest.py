from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.operators_api.controller_fake import FakeController


@pytest.fixture
def fake(tmp_path: Path) -> FakeController:
    return FakeController(tmp_path)
