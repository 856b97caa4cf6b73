"""Safe fixes: what they change is recorded first and taken back by an undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.checks import clock, kernel, leftovers, names, packages
from sunbeam.core.engine import Change
from sunbeam.core.errors import PreflightFailed, SunbeamError, UsageError
from sunbeam.core.host_undo import HostNotRestored
from sunbeam.core.journal import TaskRecord
from sunbeam.core.process import Completed
from sunbeam.core.status import TaskStatus
from sunbeam.tasks.fix import FIXES, fix
from sunbeam.tasks.recorded import staying
from tests.fakes.apt import Apt
from tests.fakes.proc import process
from tests.touches import previewed_and_done
from tests.unit.core.bench import Workbench

NO = Completed(("no",), 1)
HOSTS = "# written by hand\n127.0.0.1\tlocalhost ip4-localhost"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    made = Workbench(tmp_path)
    for name, text in {
        "proc/sys/kernel/hostname": "vm\n",
        "proc/filesystems": "nodev\tproc\n\text4\n",
        "etc/hosts": HOSTS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return made


def of_kind(change: Change) -> Change:
    assert change.kind == "fix"
    return change


async def undo(bench: Workbench, change: Change) -> None:
    await bench.engine.undo(change, bench.journal.changes()[0])


async def test_the_own_name_is_added_and_taken_back(bench: Workbench) -> None:
    hosts = bench.paths.root / "etc/hosts"
    change = of_kind(fix(["own-name"]))
    await bench.engine.run(change)
    assert hosts.read_text() == f"{HOSTS}\n127.0.1.1 vm\n"
    await undo(bench, change)
    assert hosts.read_text() == HOSTS and bench.journal.host_changes() == []


async def test_a_line_that_is_there_is_left_alone(bench: Workbench) -> None:
    await bench.engine.run(fix(["localhost"]))
    assert (bench.paths.root / "etc/hosts").read_text() == HOSTS
    assert [task.status for task in bench.journal.changes()[0].tasks] == ["unchanged"]


async def test_both_lines_at_once(bench: Workbench) -> None:
    hosts = bench.paths.root / "etc/hosts"
    hosts.write_text("# 127.0.0.1 localhost\n")
    change = fix(["own-name", "localhost"])
    await bench.engine.run(change)
    assert set(hosts.read_text().splitlines()[1:]) == {"127.0.1.1 vm", "127.0.0.1 localhost"}
    await undo(bench, change)
    assert hosts.read_text() == "# 127.0.0.1 localhost\n"


async def test_two_lines_are_taken_back_each_by_itself_and_a_strangers_stays(bench: Workbench) -> None:
    hosts = bench.paths.root / "etc/hosts"
    hosts.write_text("192.0.2.1 gate\n")
    hosts.chmod(0o640)
    for name in ("own-name", "localhost"):
        await bench.engine.run(fix([name]))
    hosts.write_text(hosts.read_text() + "192.0.2.2 other\n")
    older, newer = fix(["own-name"]), fix(["localhost"])
    latest, first = bench.journal.changes()
    await bench.engine.undo(older, first)
    assert hosts.read_text() == "192.0.2.1 gate\n127.0.0.1 localhost\n192.0.2.2 other\n"
    await bench.engine.undo(newer, latest)
    assert hosts.read_text() == "192.0.2.1 gate\n192.0.2.2 other\n"
    assert hosts.stat().st_mode & 0o777 == 0o640 and bench.journal.host_changes() == []


async def test_a_file_that_a_line_made_goes_with_it_unless_others_wrote_there(bench: Workbench) -> None:
    hosts = bench.paths.root / "etc/hosts"
    for written, left in [("", None), ("192.0.2.2 other\n", "192.0.2.2 other\n")]:
        hosts.unlink(missing_ok=True)
        change = fix(["localhost"])
        await bench.engine.run(change)
        hosts.write_text(hosts.read_text() + written)
        await undo(bench, change)
        assert (hosts.read_text() if hosts.exists() else None) == left


async def test_an_undo_takes_back_its_own_change_only(bench: Workbench) -> None:
    other = bench.paths.root / "etc/other"
    bench.host.write_file(other, "of another change")
    change = fix(["own-name"])
    await bench.engine.run(change)
    await undo(bench, change)
    assert other.read_text() == "of another change"


async def test_time_synchronisation_is_switched_on_and_off(bench: Workbench) -> None:
    bench.processes.expect("timedatectl", "show", answer="CanNTP=yes\nNTP=no\n")
    bench.processes.expect("timedatectl", "set-ntp")
    change = fix(["time-sync"])
    await bench.engine.run(change)
    await undo(bench, change)
    switched = [call[2] for call in bench.processes.calls if call[1] == "set-ntp"]
    assert switched == ["true", "false"]
    assert {call[0] for call in bench.processes.calls} == {"timedatectl"}


async def test_a_time_service_that_a_fix_installed_goes_with_the_fix(bench: Workbench) -> None:
    bench.processes.expect("timedatectl", "show", answer="CanNTP=no\nNTP=no\n")
    bench.processes.expect("timedatectl", "set-ntp")
    apt = Apt(bench.processes, {"base-files"})
    apt.libs["systemd-timesyncd"] = set()
    await bench.host.install_packages(["podman"], record="apt", report=lambda text: None)
    change = fix(["time-sync"])
    await bench.engine.run(change)
    assert "systemd-timesyncd" in apt.installed
    await undo(bench, change)
    assert apt.installed == {"base-files", "podman", "conmon"}


async def test_modules_are_loaded_now_and_at_each_boot(bench: Workbench) -> None:
    bench.processes.expect("modprobe")
    bench.processes.expect("sh", "-c")
    change = fix(["load-modules"])
    await bench.engine.run(change)
    file = bench.paths.root / "etc/modules-load.d/sunbeam.conf"
    assert file.read_text() == "tun\noverlay\n"
    await undo(bench, change)
    assert not file.exists()
    loaded = [("modprobe", name) for name in ("tun", "overlay")]
    unloaded = [("modprobe", "--remove", name) for name in ("overlay", "tun")]
    assert [call for call in bench.processes.calls if call[0] == "modprobe"] == [*loaded, *unloaded]


async def test_a_module_that_is_in_use_by_now_stays(bench: Workbench) -> None:
    bench.processes.expect("modprobe", "--remove", answer=Completed(("modprobe",), 1, "", "tun is in use"))
    bench.processes.expect("modprobe")
    bench.processes.expect("sh", "-c", 'test "$(cat /sys/module/tun/refcnt)" = 0', answer=NO)
    bench.processes.expect("sh", "-c", 'test "$(cat /sys/module/overlay/refcnt)" = 0', answer=NO)
    await bench.engine.run(fix(["load-modules"]))
    await bench.host.undo_recorded(keep_packages=False, report=lambda text: None)
    assert bench.journal.host_changes() == [] and bench.processes.unused == [("modprobe", "--remove")]


async def test_a_fix_that_cannot_be_taken_back_has_nobody_remove_the_cloud(bench: Workbench) -> None:
    bench.processes.expect("timedatectl", "show", answer="CanNTP=yes\nNTP=no\n")
    bench.processes.expect("timedatectl", "set-ntp", "false", answer=NO)
    bench.processes.expect("timedatectl", "set-ntp", "true")
    change = fix(["time-sync"])
    await bench.engine.run(change)
    with pytest.raises(HostNotRestored) as failed:
        await undo(bench, change)
    assert failed.value.next_command == "sunbeam test"


async def test_a_module_that_is_there_is_not_touched(bench: Workbench) -> None:
    bench.processes.expect("modprobe")
    (bench.paths.root / "dev/net").mkdir(parents=True)
    (bench.paths.root / "dev/net/tun").touch()
    await bench.engine.run(fix(["load-modules"]))
    assert bench.processes.calls == [("modprobe", "overlay")]


async def test_packages_are_configured_until_none_is_left(bench: Workbench) -> None:
    states = iter(["vim half-configured\n", "vim installed\n"])
    bench.processes.expect("dpkg-query", answer=lambda argv, text: next(states))
    bench.processes.expect("dpkg", "--configure", "-a")
    await bench.engine.run(fix(["configure-packages"]))
    assert bench.journal.changes()[0].status == "done"


@pytest.mark.parametrize("answer", ["", Completed(("dpkg",), 1, "", "dependency problems")])
async def test_packages_that_stay_unconfigured_are_told(bench: Workbench, answer: Completed | str) -> None:
    bench.processes.expect("dpkg-query", answer="vim half-configured\n")
    bench.processes.expect("dpkg", "--configure", "-a", answer=answer)
    with pytest.raises(SunbeamError) as failed:
        await bench.engine.run(fix(["configure-packages"]))
    assert failed.value.next_command == "apt-get install --fix-broken"


@pytest.mark.parametrize("id", sorted(FIXES.keys() - {"own-leftovers"}))
async def test_a_dry_run_lists_what_is_done_then(bench: Workbench, id: str) -> None:
    dry = Workbench(bench.paths.root, dry_run=True)
    for each in (dry, bench):
        each.processes.expect("timedatectl", "show", answer="CanNTP=no\nNTP=no\n")
        each.processes.expect("timedatectl", "set-ntp", "true")
        each.processes.expect("modprobe")
        if id != "configure-packages":
            Apt(each.processes, {"base-files"}).libs["systemd-timesyncd"] = set()
    states = iter(["vim half-configured\n", "vim half-configured\n", "vim installed\n"])
    for each in (dry, bench):
        each.processes.expect("dpkg-query", answer=lambda argv, text: next(states))
        each.processes.expect("dpkg", "--configure", "-a")
    (bench.paths.root / "etc/hosts").write_text("")
    etc = bench.paths.root / "etc"
    assert await previewed_and_done(dry, bench, fix([id])) == {
        "own-name": {("write", f"{etc}/hosts")},
        "localhost": {("write", f"{etc}/hosts")},
        "time-sync": {("install", "systemd-timesyncd"), ("run", "time synchronisation on")},
        "configure-packages": {("run", "configure packages")},
        "load-modules": {
            ("run", "kernel module tun"), ("run", "kernel module overlay"),
            ("make folder", f"{etc}/modules-load.d"), ("write", f"{etc}/modules-load.d/sunbeam.conf"),
        },
    }[id]  # fmt: skip


def test_leftovers_are_removed_as_destroy_does_it() -> None:
    ids = [task.id for task in fix(["own-leftovers"]).tasks]
    assert ids == ["stop-daemon", "stop-etcd", "remove-services", "remove-containers"]


async def test_leftovers_are_not_removed_while_a_cloud_runs_whatever_its_root(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proc = tmp_path / "processes"
    process(proc, "self", "sunbeam", "check")
    process(proc, "7", "python3", "-m", "sunbeam.cluster.daemon", "/srv/elsewhere")
    monkeypatch.setattr("sunbeam.tasks.fix.PROC", proc)
    with pytest.raises(PreflightFailed) as refused:
        await bench.engine.run(fix(["own-leftovers"]))
    assert [problem.id for problem in refused.value.problems] == ["leftovers-in-use"]
    assert "SUNBEAM_ROOT=/srv/elsewhere" in str(refused.value) and bench.processes.calls == []


@pytest.mark.parametrize("id", ["configure-packages", "own-leftovers"])
async def test_what_cannot_be_taken_back_is_not_said_to_be(bench: Workbench, id: str) -> None:
    change = fix([id])
    number = bench.journal.begin("fix", change.title, {}, done(change), "now")
    with pytest.raises(UsageError, match="cannot be undone") as refused:
        staying(change, bench.journal.change(number))
    assert FIXES[id].final and FIXES[id].final in refused.value.why


async def test_an_undo_names_what_stays_and_takes_back_the_rest(bench: Workbench) -> None:
    change = fix(["configure-packages", "own-name"])
    bench.processes.expect("dpkg-query", answer="vim installed\n")
    number = bench.journal.begin("fix", change.title, {}, done(change), "now")
    record = bench.journal.change(number)
    assert staying(change, record) == ["Finish the installation of packages: packages stay configured"]
    await bench.engine.undo(change, record)
    assert bench.statuses() == {"configure-packages": "done", "own-name": "undone"}


def done(change: Change) -> list[TaskRecord]:
    return [TaskRecord(task.id, task.title, task.needs, TaskStatus.DONE, attempts=1) for task in change.tasks]


def test_an_unknown_fix_is_refused() -> None:
    with pytest.raises(UsageError, match="no fix format-disk"):
        fix(["format-disk"])


def test_every_fix_that_a_finding_names_can_be_built() -> None:
    named = {clock.TIME_SYNC, kernel.LOAD_MODULES, leftovers.REMOVE_OWN, names.LOCALHOST, names.OWN_NAME}
    assert {*named, packages.CONFIGURE} == FIXES.keys()
    assert all(entry.what and entry.tasks() for entry in FIXES.values())
