from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.core.host import Undo
from sunbeam.core.host_undo import HostNotRestored
from sunbeam.core.process import Completed, ProcessFailed
from sunbeam.core.wait import WaitedInVain
from tests.fakes.apt import LISTING, Apt
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


async def test_a_folder_is_listed_once(tmp_path: Path) -> None:
    host = Workbench(tmp_path, dry_run=True).host
    for name in ("a", "b"):
        host.write_file(tmp_path / "etc/made" / name, "x")
    folder = tmp_path / "etc/made"
    assert [(each.verb, each.target) for each in host.performed] == [
        ("make folder", str(folder)), ("write", str(folder / "a")), ("write", str(folder / "b")),
    ]  # fmt: skip


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


async def test_only_packages_that_came_with_us_go_with_us(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim", "stale"})
    await bench.host.install_packages(["podman", "vim"], record="a", report=lambda text: None)
    assert apt.installed == {"podman", "conmon", "vim", "stale"}
    apt.installed.add("emacs")
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert apt.installed == {"vim", "stale", "emacs"} and bench.journal.host_changes() == []


async def test_packages_that_others_need_by_now_stay(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, set())
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    apt.needed = {"conmon"}
    told: list[str] = []
    await bench.host.undo_recorded(keep_packages=False, report=told.append)
    assert apt.installed == {"conmon"}
    assert told == ["other packages need conmon: kept", "removing 1 packages"]


async def test_packages_of_an_installation_that_was_cut_off_go_too(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim"})
    apt.libs = {}
    bench.processes.replace("apt-get", "install", answer=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    apt.installed |= {"podman", "conmon"}
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert apt.installed == {"vim"}


async def test_a_continued_installation_still_knows_what_was_there_before(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim"})
    bench.processes.replace("apt-get", "install", answer=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    apt.installed.add("conmon")
    bench.processes.replace("apt-get", "install", answer=apt.install)
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert apt.installed == {"vim"}


async def test_agreed_packages_are_kept(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, set())
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    await bench.host.undo_recorded(keep_packages=True, report=lambda text: None)
    assert apt.installed == {"podman", "conmon"} and bench.journal.host_changes() == []


async def test_each_record_of_packages_is_taken_back_by_itself(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim"})
    apt.libs = {"podman": {"conmon"}, "chrony": set()}
    for name in ("podman", "chrony"):
        await bench.host.install_packages([name], record=name, report=lambda text: None)
    await bench.host.undo_targets([("packages", "podman")], report=lambda text: None)
    assert apt.installed == {"vim", "chrony"}
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert apt.installed == {"vim"}


async def test_an_installation_that_was_cut_off_does_not_claim_what_another_brought(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, {"vim"})
    apt.libs = {"chrony": set()}
    bench.processes.replace("apt-get", "install", answer=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await bench.host.install_packages(["podman"], record="podman", report=lambda text: None)
    apt.installed |= {"podman", "conmon"}
    bench.processes.replace("apt-get", "install", answer=apt.install)
    await bench.host.install_packages(["chrony"], record="chrony", report=lambda text: None)
    await bench.host.undo_targets([("packages", "podman")], report=lambda text: None)
    assert apt.installed == {"vim", "chrony"}


async def test_an_installation_that_a_power_loss_cut_off_is_finished_first(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    attempts: list[tuple[str, ...]] = []

    def install(argv: tuple[str, ...], input: str | None) -> str:
        attempts.append(argv)
        if len(attempts) == 1:
            why = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'"
            raise ProcessFailed(Completed(argv, 100, "", why))
        return ""

    bench.processes.expect(*LISTING)
    bench.processes.expect("apt-get", "update")
    bench.processes.expect("apt-get", "install", answer=install)
    bench.processes.expect("dpkg", "--configure", "-a")
    await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    assert ("dpkg", "--configure", "-a") in bench.processes.calls and len(attempts) == 2


async def test_apts_own_words_reach_the_person(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.processes.expect(*LISTING)
    bench.processes.expect("apt-get", "update")
    failed = ProcessFailed(Completed(("apt-get",), 100, "", "Reading\nE: Unable to locate package podman\n"))
    bench.processes.expect("apt-get", "install", answer=failed)
    with pytest.raises(SunbeamError, match="podman") as error:
        await bench.host.install_packages(["podman"], record="a", report=lambda text: None)
    assert error.value.why == "E: Unable to locate package podman"


LISTS_LOCKED = (
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)\n"
    "E: Unable to lock directory /var/lib/apt/lists/\n"
)


async def test_another_apt_is_waited_for(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    apt = Apt(bench.processes, set())

    def update(argv: tuple[str, ...], input: str | None) -> str:
        if bench.clock.seconds < 250:
            raise ProcessFailed(Completed(argv, 100, "", LISTS_LOCKED))
        return ""

    bench.processes.replace("apt-get", "update", answer=update)
    told: list[str] = []
    await bench.host.install_packages(["podman"], record="a", report=told.append)
    assert apt.installed == {"podman", "conmon"}
    assert told == ["Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)"]


async def test_another_apt_that_does_not_end_is_named(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.processes.expect("apt-get", "update", answer=Completed(("apt-get",), 100, "", LISTS_LOCKED))
    with pytest.raises(WaitedInVain, match="held by process 7") as vain:
        await bench.host.update_package_lists(report=lambda text: None)
    assert 300 < bench.clock.seconds < 302 and "apt-daily" in vain.value.next_command


async def test_bytes_owner_and_links_come_back(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    odd, link = tmp_path / "odd", tmp_path / "link"
    odd.write_bytes(b"\xff\xfe latin \xe9")
    link.symlink_to("elsewhere")
    bench.host.write_file(odd, "ours")
    bench.host.write_file(link, "ours")
    assert link.read_text() == "ours" and not link.is_symlink()
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert odd.read_bytes() == b"\xff\xfe latin \xe9"
    assert link.is_symlink() and str(link.readlink()) == "elsewhere"


async def test_a_file_that_somebody_changed_after_us_is_left_to_them(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    path = tmp_path / "shared.conf"
    path.write_text("old")
    bench.host.write_file(path, "ours")
    path.write_text("ours, and theirs")
    told: list[str] = []
    await bench.host.undo_recorded(keep_packages=False, report=told.append)
    assert path.read_text() == "ours, and theirs" and "left as it is" in told[0]


async def test_a_write_cut_off_before_its_end_leaves_nothing(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    path = tmp_path / "shared.conf"
    path.write_text("old")
    bench.host.write_file(path, "ours")
    (tmp_path / ".shared.conf.sunbeam-new").write_text("ha")
    bench.host.write_file(path, "ours again")
    (tmp_path / ".shared.conf.sunbeam-new").write_text("ha")
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert path.read_text() == "old" and [file.name for file in tmp_path.glob("*.conf*")] == ["shared.conf"]
    assert not (tmp_path / ".shared.conf.sunbeam-new").exists()


async def test_a_removed_file_comes_back_and_a_strangers_folder_is_not_removed(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    path = tmp_path / "theirs/file"
    path.parent.mkdir()
    path.write_text("x")
    bench.host.remove(path)
    assert not path.exists()
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert path.read_text() == "x"
    with pytest.raises(ValueError, match="not a folder of Sunbeam"):
        bench.host.remove(path.parent)


async def test_what_a_program_changed_is_taken_back_newest_first_if_it_is_there(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.processes.expect("ip", "link", "show", "gone", answer=Completed(("ip",), 1))
    bench.processes.expect("ip")
    bench.processes.expect("sysctl")
    for name in ("a", "gone"):
        undo = Undo(["ip", "link", "del", name], when=["ip", "link", "show", name])
        await bench.host.run(["ip", "link", "add", name], changes=f"bridge {name}", undo=undo)
    await bench.host.run(["sysctl", "x=1"], changes="sysctl x", undo=Undo(["sysctl", "x=0"]))
    bench.processes.calls.clear()
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert bench.processes.calls == [
        ("sysctl", "x=0"),
        ("ip", "link", "show", "gone"),
        ("ip", "link", "show", "a"),
        ("ip", "link", "del", "a"),
    ]


async def test_what_a_killed_run_s_program_takes_back_beside_us_is_no_failure(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.processes.expect("add")
    bench.processes.expect("show")

    def gone(argv: tuple[str, ...], input: str | None) -> str:
        bench.processes.replace("show", answer=Completed(("show",), 1))
        raise ProcessFailed(Completed(argv, 1, "", "no such bridge"))

    bench.processes.expect("del", answer=gone)
    await bench.host.run(["add"], changes="a bridge", undo=Undo(["del"], when=["show"]))
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert bench.journal.host_changes() == []


async def test_what_cannot_be_taken_back_stays_on_record_and_the_rest_is_done(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.host.write_file(tmp_path / "made", "x")
    bench.processes.expect("add")
    bench.processes.expect("del", answer=Completed(("del",), 1, "", "device is busy"))
    await bench.host.run(["add"], changes="a bridge", undo=Undo(["del"]))
    with pytest.raises(HostNotRestored) as failed:
        await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert "a bridge" in failed.value.why and "device is busy" in failed.value.why
    assert not (tmp_path / "made").exists()
    assert [change.target for change in bench.journal.host_changes()] == ["a bridge"]
