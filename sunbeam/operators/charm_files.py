"""The charm folder of a unit: its own copy of the charm revision, replaced when the charm is upgraded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sunbeam.core.snapshot import sync, sync_tree
from sunbeam.operators.entities import Charm

STATE_FILE = ".unit-state.db"
_REVISION_FILE = ".sunbeam-charm-url"
_SHARED = frozenset({"venv"})


def ensure(folder: Path, charm: Charm) -> None:
    """Make ``folder`` hold ``charm``; the charm's local state outlives an upgrade.

    May be interrupted at any moment, by a power loss too, and called again: the folder is complete or absent.
    """
    new, old = folder.with_name("charm.new"), folder.with_name("charm.old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    if _holds(folder, charm):
        return
    shutil.rmtree(new, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(charm.path, new, symlinks=True, copy_function=_link_or_copy)
    if (folder / STATE_FILE).exists():
        shutil.copy2(folder / STATE_FILE, new / STATE_FILE)
    dispatch = new / "dispatch"
    if dispatch.exists():
        dispatch.chmod(0o755)  # zip files made without Unix modes lose it
    (new / _REVISION_FILE).write_text(charm.url)
    _sync(new)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(new: Path) -> None:
    """What is shared is on the disk since the upload."""
    for part in new.iterdir():
        if part.name not in _SHARED:
            sync_tree(part)
    sync(new)


def _holds(folder: Path, charm: Charm) -> bool:
    mark = folder / _REVISION_FILE
    return mark.exists() and mark.read_text() == charm.url


def _link_or_copy(source: str, target: str) -> None:
    """Link what is large and only read; copy the rest, which a charm may write to."""
    if not _SHARED.isdisjoint(Path(source).parts):
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another file system
    shutil.copy2(source, target)
