"""Packages that a power loss or a kill left half installed or half removed go with us all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Completed, ProcessFailed
from tests.fakes.apt import Apt
from tests.unit.core.bench import Workbench

CONFIGURE = ("dpkg", "--configure", "-a")


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


@pytest.fixture
def apt(bench: Workbench) -> Apt:
    return Apt(bench.processes, {"vim"})


async def cut_off(bench: Workbench, apt: Apt) -> None:
    bench.processes.replace("apt-get", "install", answer=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    bench.processes.replace("apt-get", "install", answer=apt.install)


async def take_back(bench: Workbench) -> None:
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)


@pytest.mark.parametrize("state", ["iU", "iF", "iHR", "iW", "it"])
async def test_what_is_half_installed_goes_too(bench: Workbench, apt: Apt, state: str) -> None:
    await cut_off(bench, apt)
    apt.others["conmon"] = state
    await take_back(bench)
    assert apt.installed == {"vim"} and apt.others == {} and bench.journal.host_changes() == []
    assert any("DPkg::Options::=--force-remove-reinstreq" in call for call in bench.processes.calls)


async def test_what_was_half_installed_or_removed_before_us_stays(bench: Workbench, apt: Apt) -> None:
    apt.others = {"theirs": "iHR", "once": "rc"}
    await cut_off(bench, apt)
    apt.installed |= {"podman", "conmon"}
    await take_back(bench)
    assert apt.installed == {"vim"} and apt.others == {"theirs": "iHR", "once": "rc"}


async def test_what_we_finished_for_others_is_not_ours(bench: Workbench, apt: Apt) -> None:
    apt.others = {"theirs": "iF"}
    bench.processes.replace(
        "apt-get", "install", answer=lambda argv, text: apt.configure(argv, text) + apt.install(argv, text)
    )
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    await take_back(bench)
    assert apt.installed == {"vim", "theirs"}


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_removal_that_is_cut_off_is_ended_later(bench: Workbench, apt: Apt, cut: str) -> None:
    """Settings alone are ours to remove if we began it, also of an installation without end."""
    apt.others = {"once": "rc"}
    if cut == "before":
        await cut_off(bench, apt)
        apt.installed |= {"podman", "conmon"}
    else:
        await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    bench.processes.replace("apt-get", "purge", answer=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await take_back(bench)
    apt.installed = {"vim"}
    apt.others |= {"podman": "pF", "conmon": "rc"}
    bench.processes.replace("apt-get", "purge", answer=apt.purge)
    await take_back(bench)
    assert apt.installed == {"vim"} and apt.others == {"once": "rc"}
    assert bench.journal.host_changes() == []


async def test_an_installation_that_outlived_its_run_is_waited_for(bench: Workbench, apt: Apt) -> None:
    await cut_off(bench, apt)

    def configure(argv: tuple[str, ...], input: str | None) -> str:
        if bench.clock.seconds < 20:
            why = "dpkg: error: dpkg frontend lock was locked by another process with pid 7\nNote: removing"
            raise ProcessFailed(Completed(argv, 2, "", why))
        apt.installed |= {"podman", "conmon"}
        return ""

    bench.processes.replace(*CONFIGURE, answer=configure)
    told: list[str] = []
    await bench.host.undo_recorded(keep_packages=False, report=told.append)
    assert apt.installed == {"vim"} and "process with pid 7" in told[0]


async def test_what_dpkg_cannot_finish_is_left_to_apt(bench: Workbench, apt: Apt) -> None:
    await cut_off(bench, apt)
    apt.others["podman"] = "iU"
    failed = Completed(CONFIGURE, 1, "", "dependency problems - leaving unconfigured")
    bench.processes.replace(*CONFIGURE, answer=failed)
    await take_back(bench)
    assert apt.others == {}
    assert any("--fix-broken" in call for call in bench.processes.calls if "autoremove" in call)


async def test_a_removal_first_finishes_dpkg_s_own_records(bench: Workbench, apt: Apt) -> None:
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)

    def purge(argv: tuple[str, ...], input: str | None) -> str:
        if CONFIGURE not in bench.processes.calls:
            why = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'"
            raise ProcessFailed(Completed(argv, 100, "", why))
        return apt.purge(argv, input)

    bench.processes.replace("apt-get", "purge", answer=purge)
    await take_back(bench)
    assert apt.installed == {"vim"}


async def test_nothing_is_finished_where_nothing_was_cut_off_or_all_is_only_planned(tmp_path: Path) -> None:
    bench, dry = Workbench(tmp_path), Workbench(tmp_path, dry_run=True)
    apt = Apt(bench.processes, {"vim"})
    apt.others = {"theirs": "iF"}
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    await take_back(bench)
    assert CONFIGURE not in bench.processes.calls
    await cut_off(bench, apt)
    Apt(dry.processes, {"vim"}).others = {"podman": "iU"}
    await take_back(dry)
    assert [call[0] for call in dry.processes.calls] == ["dpkg-query"]
    assert [each.verb for each in dry.host.performed] == ["finish", "remove packages"]


async def test_what_apt_cannot_remove_stays_on_record(bench: Workbench, apt: Apt) -> None:
    await cut_off(bench, apt)
    apt.others["podman"] = "iHR"
    words = "E: The package podman needs to be reinstalled, but I can't find an archive for it."
    bench.processes.replace("apt-get", "purge", answer=Completed(("apt-get",), 100, "", words))
    with pytest.raises(SunbeamError, match="could not be put back") as failed:
        await take_back(bench)
    assert words in failed.value.why and len(bench.journal.host_changes()) == 1
