import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.substrates.embedded import containers_conf
from sunbeam.substrates.embedded.containers_conf import ContainerFolders, ContainerSettings
from sunbeam.substrates.embedded.podman import Podman
from tests.fakes.processes import FakeProcesses

SETTINGS = ContainerSettings("runc", "cgroupfs", nofile=20000, nproc=8192)


@pytest.fixture
def folders(tmp_path: Path) -> ContainerFolders:
    return ContainerFolders(Paths(tmp_path))


def test_everything_lies_in_our_folders(folders: ContainerFolders, tmp_path: Path) -> None:
    containers_conf.write(folders, SETTINGS)
    storage = tomllib.loads(folders.storage_conf.read_text())["storage"]
    conf = tomllib.loads(folders.containers_conf.read_text())
    for place in (
        storage["graphroot"],
        storage["runroot"],
        conf["engine"]["tmp_dir"],
        conf["engine"]["image_copy_tmp_dir"],
        conf["network"]["network_config_dir"],
    ):
        assert Path(place).is_relative_to(tmp_path)
    assert conf["engine"]["runtime"] == "runc"
    assert conf["containers"]["default_ulimits"] == ["nofile=20000:20000", "nproc=8192:8192"]


def test_podman_is_not_told_of_a_missing_netavark(folders: ContainerFolders) -> None:
    containers_conf.write(folders, replace(SETTINGS, netavark=False))
    assert "network_backend" not in tomllib.loads(folders.containers_conf.read_text())["network"]


def test_the_same_settings_are_not_written_again(folders: ContainerFolders) -> None:
    containers_conf.write(folders, SETTINGS)
    before = folders.containers_conf.stat().st_mtime_ns
    containers_conf.write(folders, SETTINGS)
    assert folders.containers_conf.stat().st_mtime_ns == before


def test_the_state_of_another_boot_is_forgotten(folders: ContainerFolders) -> None:
    containers_conf.write(folders, SETTINGS)
    stale = folders.run / "libpod"
    stale.mkdir()
    containers_conf.write(folders, SETTINGS)
    assert stale.exists()
    (folders.run / "boot-id").write_text("another")
    containers_conf.write(folders, SETTINGS)
    assert not stale.exists()


@pytest.mark.parametrize(
    ("unified", "systemd", "manager"),
    [(True, True, "systemd"), (True, False, "cgroupfs"), (False, True, "cgroupfs")],
)
def test_the_cgroup_manager(tmp_path: Path, unified: bool, systemd: bool, manager: str) -> None:
    if unified:
        (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
        (tmp_path / "sys/fs/cgroup/cgroup.controllers").touch()
    if systemd:
        (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert ContainerSettings.detect(tmp_path).cgroup_manager == manager


async def test_podman_is_prepared_before_its_first_call(folders: ContainerFolders) -> None:
    processes = FakeProcesses()
    processes.expect("podman", "ps", answer="null\n")
    processes.expect("podman", "images", answer="localhost/sunbeam/base:latest\n<none>:<none>\n")
    podman = Podman(processes, folders.paths, SETTINGS)
    assert await podman.containers() == []
    assert folders.storage_conf.exists()
    assert "localhost/sunbeam/base:latest" in await podman.image_names()


async def test_a_refusal_is_an_answer_without_check(folders: ContainerFolders) -> None:
    processes = FakeProcesses()
    processes.expect("podman", "rm", answer=Completed((), 1, "", "no such container"))
    completed = await Podman(processes, folders.paths, SETTINGS).call(["rm", "x"], check=False)
    assert completed.returncode == 1
