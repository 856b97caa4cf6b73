"""Stopping and removing what runs on a node."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from sunbeam.cluster.services import Service, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.tasks import removal
from sunbeam.tasks.node import StartServices, WriteSettings
from sunbeam.tasks.removal import RemoveServices, StopDaemon, forget
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
