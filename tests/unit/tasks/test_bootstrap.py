from __future__ import annotations

from pathlib import Path

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from sunbeam.tasks.bootstrap import bootstrap
from tests.fakes.processes import FakeProcesses


def needs_of_control_plane(paths: Paths) -> set[str]:
    change = bootstrap(FakeProcesses(), paths, NodeSettings("node", "192.0.2.1"))
    (deploy,) = (task for task in change.tasks if task.id == "terraform-openstack")
    return {need for need in deploy.needs if need.startswith("image-")}


def test_a_new_control_plane_is_deployed_while_its_images_are_built(tmp_path: Path) -> None:
    assert needs_of_control_plane(Paths(tmp_path)) == set()


def test_one_in_use_is_changed_only_when_all_its_new_images_are_there(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    (paths.etc / "clouds.yaml").write_text("clouds: {}\n")
    assert {"image-keystone", "image-nova", "image-guest"} <= needs_of_control_plane(paths)
