from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.operators import charm_files
from sunbeam.operators.entities import Charm


def charm(folder: Path, revision: int) -> Charm:
    source = folder / f"revision-{revision}"
    (source / "src").mkdir(parents=True)
    (source / "src/charm.py").write_text(f"revision {revision}")
    (source / f"only-{revision}").touch()
    (source / "dispatch").write_text("#!/bin/sh\n")
    return Charm(url=f"local:x-{revision}", name="x", revision=revision, sha256="", path=str(source))


def test_an_upgrade_replaces_the_code_and_keeps_the_state(tmp_path: Path) -> None:
    folder, old, new = tmp_path / "unit/charm", charm(tmp_path, 0), charm(tmp_path, 1)
    charm_files.ensure(folder, old)
    (folder / charm_files.STATE_FILE).write_text("state")
    charm_files.ensure(folder, old)
    assert (folder / "dispatch").stat().st_mode & 0o111

    charm_files.ensure(folder, new)

    assert (folder / "src/charm.py").read_text() == "revision 1"
    assert (folder / charm_files.STATE_FILE).read_text() == "state"
    assert (folder / "only-1").exists() and not (folder / "only-0").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["charm"]


@pytest.mark.parametrize("stopped_at", ["copying", "copied", "moved-old", "moved-new"])
def test_an_interrupted_upgrade_is_finished_by_the_next(tmp_path: Path, stopped_at: str) -> None:
    folder, old, new = tmp_path / "unit/charm", charm(tmp_path, 0), charm(tmp_path, 1)
    charm_files.ensure(folder, old)
    (folder / charm_files.STATE_FILE).write_text("state")
    fresh = folder.with_name("charm.new")
    if stopped_at == "copying":
        fresh.mkdir()
    else:
        charm_files.ensure(tmp_path / "other/charm", new)
        (tmp_path / "other/charm").rename(fresh)
        (fresh / charm_files.STATE_FILE).write_text("state")
    if stopped_at in ("moved-old", "moved-new"):
        folder.rename(folder.with_name("charm.old"))
    if stopped_at == "moved-new":
        fresh.rename(folder)

    charm_files.ensure(folder, new)

    assert (folder / "src/charm.py").read_text() == "revision 1"
    assert (folder / charm_files.STATE_FILE).read_text() == "state"
    assert [path.name for path in folder.parent.iterdir()] == ["charm"]


def test_a_charm_that_writes_to_its_files_does_not_change_the_revision(tmp_path: Path) -> None:
    folder, revision = tmp_path / "unit/charm", charm(tmp_path, 0)
    charm_files.ensure(folder, revision)
    (folder / "src/charm.py").write_text("changed")
    assert Path(revision.path, "src/charm.py").read_text() == "revision 0"
