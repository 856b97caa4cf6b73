"""Stopping and removing what runs on a node."""

from __future__ import annotations

import asyncio
import errno
import json
import shutil
from pathlib import Path

import pytest

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.services import Service, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.core.task import Context
from sunbeam.substrates.embedded.container import KEY_LABEL
from sunbeam.substrates.embedded.host_changes import HostChanges, TakenInterface
from sunbeam.substrates.embedded.network import NetworkPlan
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.tasks import removal
from sunbeam.tasks.fix import fix
from sunbeam.tasks.node import StartServices, WriteSettings
from sunbeam.tasks.removal import RemoveServices, StopDaemon, destroy, forget, stop
from tests.fakes.apt import Apt
from tests.fakes.proc import process
from tests.touches import previewed_and_done
from tests.unit.core.bench import Workbench


async def test_other_work_goes_on_while_services_take_their_time_to_end(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    services = services_of(bench.paths)
    ready = tmp_path / "ready"
    slow = f"trap 'sleep 0.3; exit' TERM; touch {ready}; while :; do sleep 0.05; done"
    looks: list[float] = []

    async def other_work() -> None:
        while True:
            await asyncio.sleep(0.02)
            looks.append(asyncio.get_running_loop().time())

    for task in (StopDaemon(), RemoveServices()):
        services.install(Service("sunbeamd", "Slow to end", ["/bin/sh", "-c", slow]))
        services.start("sunbeamd")
        for _ in range(1000):
            if ready.exists():
                break
            await asyncio.sleep(0.02)
        ready.unlink()
        looks.clear()
        working = asyncio.create_task(other_work())
        await task.act(context)
        working.cancel()
        assert not services.running("sunbeamd")
        assert looks[-1] - looks[0] > 0.2 and len(looks) > 5


@pytest.mark.parametrize("built", [True, False])
async def test_what_builds_left_is_ended_before_its_folders_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: bool
) -> None:
    bench = Workbench(tmp_path)
    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    settings = WriteSettings(NodeSettings("one", "192.0.2.7"))
    await settings.act(context)
    storage = Podman(bench.processes, bench.paths).folders.storage
    if built:
        storage.mkdir(parents=True)
    there: list[bool] = []

    class Ending:
        async def run(self) -> None:
            there.append(storage.exists() and NodeSettings.exists(bench.paths))

    monkeypatch.setattr(removal, "embedded_teardown", lambda *_: Ending())
    await settings.undo(context)
    assert there == ([True] if built else [])
    assert not storage.exists() and not NodeSettings.exists(bench.paths)


async def test_an_undo_of_the_services_tells_what_goes_with_them(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    settings = NodeSettings("one", "192.0.2.7")
    await WriteSettings(settings).act(context)
    assert (await StartServices(settings).foresee_undo(context)).risks == (removal.LOST,)


class Cloud:
    """Two containers that run and one that does not, a bridge, an interface of the machine, and a setting."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dry, self.real = Workbench(root, dry_run=True), Workbench(root)
        paths = self.paths = self.real.paths
        ClusterCertificates(paths.certificates).ensure_authority()
        paths.etc.mkdir(parents=True)
        NodeSettings.file(paths).write_text(NodeSettings("one", "192.0.2.7").dump())
        (root / "net" / NetworkPlan().pod_bridge).mkdir(parents=True)
        (root / "proc/sys/net/ipv4").mkdir(parents=True)
        (root / "proc/sys/net/ipv4/ip_forward").write_text("0\n")
        changes = HostChanges(paths.state / "host-changes.json", root)
        changes.set_sysctl("net.ipv4.ip_forward", "1")
        changes.note_interface(TakenInterface("eno1", True))
        Podman(self.real.processes, paths).prepare()
        listing = [
            {"Names": [name], "State": state, "Labels": {KEY_LABEL: key}, "Created": 1}
            for name, state, key in (("nova", "running", "u/nova/0"), ("old", "exited", "u/old/0"))
        ]
        for bench in (self.dry, self.real):
            bench.processes.expect("podman", "ps", answer=json.dumps(listing))
            bench.processes.expect("podman", "stop")
            bench.processes.expect("ip", answer=Completed(("ip",), 1))
        monkeypatch.setattr(removal, "INTERFACES", root / "net")
        process(root / "processes", "self", "sunbeam", "check", "--fix")
        monkeypatch.setattr("sunbeam.tasks.fix.PROC", root / "processes")
        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(tmp_path, monkeypatch)


async def test_a_dry_run_of_stop_lists_what_is_stopped_then(cloud: Cloud) -> None:
    listed = await previewed_and_done(cloud.dry, cloud.real, stop())
    assert listed == {("stop", "nova"), ("give back", "eno1")}
    assert [call[-1] for call in cloud.real.processes.calls if call[1] == "stop"] == ["nova"]
    assert not any(call[1] == "stop" for call in cloud.dry.processes.calls)


async def test_a_dry_run_of_destroy_lists_what_is_removed_then(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ending:
        async def run(self) -> None:
            shutil.rmtree(Podman(cloud.real.processes, cloud.paths).folders.storage)

    monkeypatch.setattr(removal, "embedded_teardown", lambda *_: Ending())
    hosts = cloud.paths.root / "hosts"
    hosts.write_text("before")
    cloud.real.host.write_file(hosts, "ours")
    Apt(cloud.dry.processes, {"podman", "conmon"})
    apt = Apt(cloud.real.processes, set())
    await cloud.real.host.install_packages(["podman"], record="apt", report=lambda text: None)
    listed = await previewed_and_done(cloud.dry, cloud.real, destroy(cloud.paths, keep_packages=False))
    assert listed == {
        ("remove", "etcd"), ("remove", "sunbeamd"), ("remove", "podman"), ("remove", "conmon"),
        ("remove", "nova"), ("remove", "old"), ("give back", "eno1"), ("remove", NetworkPlan().pod_bridge),
        ("set back", "net.ipv4.ip_forward = 0"), ("restore", str(hosts)), ("remove", str(cloud.paths.etc)),
        ("empty", str(cloud.paths.state)), ("empty", str(cloud.paths.run)),
    }  # fmt: skip
    assert hosts.read_text() == "before" and apt.installed == set() and not cloud.paths.etc.exists()
    assert {entry.name for entry in cloud.paths.state.iterdir()} <= {
        "journal.db", "journal.db-wal", "journal.db-shm"
    }  # fmt: skip


async def test_a_podman_that_cannot_tell_its_containers_keeps_none_from_being_removed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[bool] = []

    class Ending:
        async def run(self) -> None:
            removed.append(True)

    monkeypatch.setattr(removal, "embedded_teardown", lambda *_: Ending())
    for bench in (cloud.dry, cloud.real):
        bench.processes.replace("podman", "ps", answer=Completed(("podman",), 125, "", "database is damaged"))
    listed = await previewed_and_done(cloud.dry, cloud.real, fix(["own-leftovers"]))
    assert ("give back", "eno1") in listed and removed == [True]


def test_the_last_traces_are_removed(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    (paths.state / "log/changes").mkdir(parents=True)
    paths.journal.touch()
    (paths.state / "elsewhere").symlink_to("/nowhere")
    forget(paths)
    assert not paths.state.exists() and paths.state.parent.exists()


def test_what_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths(tmp_path)
    mount = paths.state / "containers/overlay"
    mount.mkdir(parents=True)
    paths.journal.touch()
    rmdir = Path.rmdir

    def busy(path: Path) -> None:
        if path == mount:
            raise OSError(errno.EBUSY, "Device or resource busy", str(path))
        rmdir(path)

    monkeypatch.setattr(Path, "rmdir", busy)
    with pytest.raises(SunbeamError) as failed:
        forget(paths)
    assert (failed.value.id, failed.value.where) == ("folders-not-removed", str(mount))
    assert "busy" in failed.value.why and "not empty" not in failed.value.why
    assert not paths.journal.exists()
