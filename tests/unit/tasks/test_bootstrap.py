from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.node import Node
from sunbeam.core.paths import Paths
from sunbeam.core.request import Request
from sunbeam.tasks.bootstrap import bootstrap
from sunbeam.tasks.catalogue import build
from tests.fakes.processes import FakeProcesses

MANIFEST = Manifest.model_validate({"network": {"address": "192.0.2.1"}})


def needs_of_control_plane(paths: Paths) -> set[str]:
    change = bootstrap(FakeProcesses(), paths, MANIFEST)
    (deploy,) = (task for task in change.tasks if task.id == "terraform-openstack")
    return {need for need in deploy.needs if need.startswith("image-")}


def test_a_new_control_plane_is_deployed_while_its_images_are_built(tmp_path: Path) -> None:
    assert needs_of_control_plane(Paths(tmp_path)) == set()


def test_one_in_use_is_changed_only_when_all_its_new_images_are_there(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    (paths.etc / "clouds.yaml").write_text("clouds: {}\n")
    assert {"image-keystone", "image-nova", "image-guest"} <= needs_of_control_plane(paths)


def test_a_machine_that_only_controls_gets_no_hypervisor(tmp_path: Path) -> None:
    nodes = [{"name": "one", "roles": ["control"]}]
    control = Manifest.model_validate({**MANIFEST.dump(), "nodes": nodes})
    change = bootstrap(FakeProcesses(), Paths(tmp_path), control)
    ids = {task.id for task in change.tasks}
    assert "active-openstack" in ids and not {"terraform-hypervisor", "active-machines"} & ids


def test_a_change_names_the_node_that_it_touches(tmp_path: Path) -> None:
    node = Node(Paths(tmp_path), FakeProcesses())

    def named(kind: str, **intent: Any) -> str:
        return build(node, Request(kind, intent)).node

    wanted = {**MANIFEST.dump(), "nodes": [{"name": "rack-7"}]}
    assert named("cluster bootstrap", manifest=wanted) == "rack-7"
    assert named("cluster destroy", keep_packages=False) == platform.node()
    node.paths.etc.mkdir(parents=True)
    NodeSettings.file(node.paths).write_text(NodeSettings("rack-8", "192.0.2.1").dump())
    assert named("cluster bootstrap", manifest=wanted) == named("cluster stop") == "rack-8"
    NodeSettings.file(node.paths).write_text("damaged")
    assert named("cluster destroy", keep_packages=False) == platform.node()


def test_images_with_a_reference_are_pulled_and_their_parents_not_built(tmp_path: Path) -> None:
    images = {"keystone": "registry.example.org/keystone:1", "guest": "registry.example.org/guest:1"}
    manifest = Manifest.model_validate({**MANIFEST.dump(), "software": {"images": images}})
    titles = {task.id: task.title for task in bootstrap(FakeProcesses(), Paths(tmp_path), manifest).tasks}
    assert titles["image-keystone"] == "Pull image keystone" and titles["image-guest"] == "Pull image guest"
    assert titles["image-nova"] == "Build image nova" and "image-openstack" in titles
