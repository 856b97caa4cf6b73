from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Completed, ProcessFailed
from tests.unit.core.bench import Workbench


async def test_what_was_there_before_comes_back(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    theirs = tmp_path / "etc/theirs.conf"
    theirs.parent.mkdir()
    theirs.write_text("old")
    theirs.chmod(0o640)
    bench.host.write_file(theirs, "new")
    bench.host.write_file(theirs, "newer")
    bench.host.write_file(tmp_path / "etc/made/by/us.conf", "x")
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert theirs.read_text() == "old" and theirs.stat().st_mode & 0o777 == 0o640
    assert not (tmp_path / "etc/made").exists()
    assert bench.journal.host_changes() == []


async def test_somebody_elses_file_in_our_folder_stays(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.host.write_file(tmp_path / "etc/made/ours", "x")
    (tmp_path / "etc/made/theirs").write_text("y")
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert [path.name for path in (tmp_path / "etc/made").iterdir()] == ["theirs"]


async def test_a_file_is_private_from_its_first_byte_and_an_equal_one_is_not_written(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    path = bench.paths.etc / "secret"
    bench.host.write_file(path, "x", 0o600)
    count = len(bench.host.performed)
    bench.host.write_file(path, "x", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600 and len(bench.host.performed) == count


LISTING = ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n")


async def test_only_packages_that_came_with_us_go_with_us(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    installed = {"podman": False, "vim": True}

    def listing(argv: tuple[str, ...], input: str | None) -> str:
        return "".join(f"{name} ii \n" for name, there in installed.items() if there)

    def install(argv: tuple[str, ...], input: str | None) -> str:
        installed["podman"] = "podman" in argv
        return ""

    bench.processes.expect(*LISTING, answer=listing)
    bench.processes.expect("apt-get", "update")
    bench.processes.expect("apt-get", "install", answer=install)
    bench.processes.expect("apt-get", "purge")
    await bench.host.install_packages(["podman", "vim"])
    assert bench.processes.calls[-1][-1] == "podman"
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert bench.processes.calls[-1] == ("apt-get", "purge", "-y", "-qq", "podman")


async def test_apts_own_words_reach_the_person(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.processes.expect(*LISTING)
    bench.processes.expect("apt-get", "update")
    failed = ProcessFailed(Completed(("apt-get",), 100, "", "Reading\nE: Unable to locate package podman\n"))
    bench.processes.expect("apt-get", "install", answer=failed)
    with pytest.raises(SunbeamError, match="podman") as error:
        await bench.host.install_packages(["podman"])
    assert error.value.why == "E: Unable to locate package podman"
