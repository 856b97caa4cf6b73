from __future__ import annotations

from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.tasks.images import image_builder, image_tasks
from tests.fakes.processes import FakeProcesses


def test_a_named_image_brings_what_it_is_built_from(tmp_path: Path) -> None:
    tasks = image_tasks(image_builder(FakeProcesses(), Paths(tmp_path)), only=["keystone"])
    assert {task.id: task.needs for task in tasks} == {
        "image-base": (),
        "image-openstack": ("image-base",),
        "image-keystone": ("image-openstack",),
    }
