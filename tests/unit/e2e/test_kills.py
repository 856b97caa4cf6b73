"""How victims of ``./run e2e-kills`` are drawn and killed, on a command that holds the lock of changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sunbeam.core.manifest import software
from sunbeam.core.paths import Paths
from tests.e2e.kills import CONTAINERS, KINDS, Torture, plan

COMMAND = """
import sys, time
from pathlib import Path
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths

paths = Paths(Path(sys.argv[1]))
with change_lock(paths.change_lock):
    time.sleep(0 if (paths.root / "enough").exists() else 120)
"""


def test_a_seed_gives_the_same_kills() -> None:
    assert plan(7, 10) == plan(7, 10) != plan(8, 10)
    assert plan(7, 20)[:10] == plan(7, 10)
    assert {victim for victim, _ in plan(1, 500)} == {each for kind in KINDS for each in kind}


def test_every_container_is_one_of_the_cloud() -> None:
    units = {name.removesuffix("/0") for name in CONTAINERS} - {"machine-0"}
    assert units == software.charms().keys() - software.MACHINE_CHARMS - {"certificates"}


def test_a_victim_that_does_not_run_leaves_its_turn_to_the_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torture = small_torture(tmp_path)
    torture.endure("etcd", 0.3)
    torture.endure("sunbeamd", 0.3)
    (tmp_path / "enough").touch()
    torture.finish()
    assert torture.kills == ["worker", "worker"]
    said = capsys.readouterr().out
    assert "killed: worker instead of etcd, which was not there" in said
    assert "the command ended with -9; typed again" in said


def test_a_command_is_killed_and_typed_again(tmp_path: Path) -> None:
    torture = small_torture(tmp_path)
    torture.endure("command", 0.3)
    (tmp_path / "enough").touch()
    torture.finish()
    assert torture.kills == ["command"]


def small_torture(root: Path) -> Torture:
    return Torture([sys.executable, "-c", COMMAND, str(root)], Paths(root))
