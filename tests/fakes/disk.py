"""What is brought to the disk, as a test sees it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def watch_syncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files and folders in the order in which they are brought to the disk from now on."""
    synced: list[str] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    return synced
