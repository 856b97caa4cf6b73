"""What holds for all functional tests: one that ships other charms and modules does so for itself only."""

from __future__ import annotations

import pytest

from sunbeam.core import shipped


@pytest.fixture(autouse=True)
def shipped_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "PACKAGE", shipped.PACKAGE)
