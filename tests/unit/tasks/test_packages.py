"""Debian packages of a node beside other programs that install some."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.events import TaskProgress
from sunbeam.core.process import Completed, Processes, ProcessFailed
from sunbeam.tasks import packages
from sunbeam.tasks.packages import PACKAGES, RECORD, FetchEtcd, FetchTerraform, InstallPackages
from tests.fakes.apt import Apt
from tests.fakes.disk import watch_syncs
from tests.touches import previewed_and_done
from tests.unit.core.bench import Workbench


async def test_etcd_is_fetched_once_another_apt_has_ended(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)

    def update(argv: tuple[str, ...], input: str | None) -> str:
        if bench.clock.seconds < 60:
            raise ProcessFailed(Completed(argv, 100, "", "E: Could not get lock /var/lib/apt/lists/lock"))
        return ""

    bench.processes.expect("apt-get", "update", answer=update)
    bench.processes.expect("apt-get", "download")
    await bench.engine.run(Change("t", "T", [FetchEtcd()]))
    assert bench.processes.calls[-1][:2] == ("apt-get", "download")


async def test_etcd_is_on_the_disk_before_it_counts_as_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, dry = Workbench(tmp_path), Workbench(tmp_path, dry_run=True)

    def download(argv: tuple[str, ...], input: str | None) -> str:
        next(bench.paths.bin.glob("etcd-*")).joinpath("etcd-server.deb").touch()
        return ""

    def unpack(argv: tuple[str, ...], input: str | None) -> str:
        program = Path(argv[3], "usr/bin/etcd")
        program.parent.mkdir(parents=True)
        program.touch()
        return ""

    bench.processes.expect("apt-get", "update")
    bench.processes.expect("apt-get", "download", answer=download)
    bench.processes.expect("dpkg-deb", answer=unpack)
    synced = watch_syncs(monkeypatch)
    program = bench.paths.bin / "etcd"
    assert await previewed_and_done(dry, bench, Change("t", "T", [FetchEtcd()])) == {
        ("make folder", str(program.parent)),
        ("update", "package lists of apt"),
        ("write", str(program)),
    }
    assert synced == ["etcd", "bin"] and (bench.paths.bin / "etcd").exists()


@pytest.mark.parametrize("there", [True, False])
async def test_opentofu_is_fetched_only_if_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    bench, dry = Workbench(tmp_path), Workbench(tmp_path, dry_run=True)
    tofu = bench.paths.bin / "tofu"

    async def fetch(processes: Processes, folder: Path) -> Path:
        assert not there
        return tofu

    async def present(folder: Path) -> Path | None:
        return tofu if there else None

    monkeypatch.setattr(packages, "fetch_core", fetch)
    monkeypatch.setattr(packages, "present_core", present)
    touches = await previewed_and_done(dry, bench, Change("t", "T", [FetchTerraform()]))
    assert touches == (set() if there else {("write", str(tofu))})
    told = [event.text for event in [*dry.events, *bench.events] if isinstance(event, TaskProgress)]
    assert told == [f"using {tofu}"]


async def test_what_is_installed_after_a_cut_off_installation_is_not_ours(tmp_path: Path) -> None:
    """Apt came to its end when Sunbeam had been killed; the same command puts that on record."""
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim"})
    bench.processes.replace("apt-get", "install", answer=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await bench.host.install_packages([*PACKAGES], record=RECORD, report=lambda text: None)
    apt.installed |= {*PACKAGES, "crun", "runc"}
    bench.processes.replace("apt-get", "install", answer=apt.install)
    await bench.engine.run(Change("t", "T", [InstallPackages()]))
    apt.installed.add("emacs")
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert apt.installed == {"vim", "emacs"}


GONE = Completed(
    ("apt-get",), 100, "", "E: The repository 'https://ppa.example.org noble Release' does not exist"
)
UNKNOWN = Completed(("apt-get",), 100, "", "E: Unable to locate package podman")


async def test_an_archive_of_others_that_is_gone_keeps_nothing_from_being_installed(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim"})
    bench.processes.replace("apt-get", "update", answer=GONE)
    await bench.host.install_packages(["podman"], record=RECORD, report=lambda text: None)
    assert {"podman", "conmon"} < apt.installed


async def test_an_installation_that_fails_too_tells_both_reasons(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    Apt(bench.processes, {"vim"})
    bench.processes.replace("apt-get", "update", answer=GONE)
    bench.processes.replace("apt-get", "install", answer=UNKNOWN)
    with pytest.raises(SunbeamError) as failed:
        await bench.host.install_packages(["podman"], record=RECORD, report=lambda text: None)
    assert failed.value.why == f"{GONE.stderr}\n{UNKNOWN.stderr}"
