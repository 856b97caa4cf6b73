"""Whatever says that a disk is full: the error names which."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from sunbeam.core import disks
from sunbeam.core.change import Change
from sunbeam.core.disks import Disk, disk_full, says_full
from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Completed, ProcessFailed
from sunbeam.core.task import Context
from tests.unit.core.bench import Step, Workbench

WRITE = OSError(errno.ENOSPC, "No space left on device", "/var/lib/sunbeam/x")
PROGRAM = ProcessFailed(Completed(("podman", "build"), 1, "", "write /x: no space left on device"))
TOLD = SunbeamError("image nova could not be built", why="tar: No space left on device")


@pytest.mark.parametrize("failure", [WRITE, PROGRAM, TOLD, OSError(errno.EDQUOT, "Disk quota exceeded")])
async def test_a_task_that_fills_the_disk_ends_with_its_name(tmp_path: Path, failure: Exception) -> None:
    bench = Workbench(tmp_path)

    async def act(context: Context) -> None:
        raise failure

    with pytest.raises(SunbeamError) as failed:
        await bench.engine.run(Change("t", "T", [Step("a", act)]))
    told = str(failed.value)
    named = Path(getattr(failure, "filename", None) or tmp_path)
    mount = str(Disk.of(named).mount)
    assert "the disk is full" in told and f" {mount} (" in told, told
    assert failed.value.next_command.startswith(("df -h /", "df -i /"))
    if failure is TOLD:
        assert failed.value.what == "image nova could not be built"
    assert "the disk is full" in bench.journal.change(1).error


def test_other_failures_are_not_about_space() -> None:
    assert not says_full(OSError(errno.EACCES, "Permission denied")) and not says_full(KeyError("disk"))
    assert says_full(OSError(errno.ENOSPC, "")) and says_full(RuntimeError("database or disk is full"))


def test_a_path_that_does_not_exist_is_on_the_disk_of_its_folder(tmp_path: Path) -> None:
    there, to_be = Disk.of(tmp_path), Disk.of(tmp_path / "a/b/c")
    assert there.mount == to_be.mount and there.mount.is_mount()
    assert there.size == shutil.disk_usage(tmp_path).total


def test_the_full_one_of_several_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    free = {"/a": 9 << 30, "/b": 0}
    monkeypatch.setattr(
        disks.Disk, "of", classmethod(lambda cls, path: Disk(path, free[str(path)], 10 << 30, 1000))
    )
    error = disk_full("Fetch etcd", OSError(errno.ENOSPC, "full"), [Path("/a"), Path("/b")])
    assert error.where == "/b (0.0 MiB of 10.0 GiB are free)" and error.next_command == "df -h /b"


def test_missing_inodes_are_told_as_such() -> None:
    disk = Disk(Path("/a"), 5 << 30, 10 << 30, 0)
    assert disk.full and disk.command == "df -i /a" and str(disk) == "/a (no inode is free)"
