"""Folders that nobody but their owner, who is root on a node, may enter."""

from __future__ import annotations

import stat
from pathlib import Path

FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> Path:
    """Make ``path``, or close it to others if it is open to them: logs and units' storage rely on it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = path.stat().st_mode
    if mode & FOR_OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~FOR_OTHERS)
    return path
