from __future__ import annotations

import stat
from pathlib import Path

from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.private import private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_its_owner_s(tmp_path: Path) -> None:
    assert mode(private_folder(tmp_path / "a/b")) == 0o700


def test_the_folder_of_state_is_closed_whoever_made_it(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.state.mkdir(parents=True, mode=0o755)
    Journal(paths.journal).close()
    assert mode(paths.state) == 0o700
