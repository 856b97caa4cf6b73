"""What a person sees when no mirror answers: apt's own words, and what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Completed
from sunbeam.images.builder import ImageBuilder, ImageBuildFailed
from sunbeam.images.recipes import load_recipes
from sunbeam.tasks.images import BuildImage
from sunbeam.tasks.packages import FetchEtcd, InstallPackages
from tests.unit.core.bench import Workbench
from tests.unit.images.test_builder import FakePodman
from tests.unit.images.test_recipes import recipe

NO_MIRROR = (
    "W: Some index files failed\nE: Failed to fetch http://mirror/dists/trixie/InRelease  Could not connect"
)


def failing(*words: str) -> Completed:
    return Completed(words, 100, "", NO_MIRROR)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


async def error_of(bench: Workbench, *tasks: object) -> SunbeamError:
    with pytest.raises(SunbeamError) as failed:
        await bench.engine.run(Change("cluster bootstrap", "Bootstrap the cloud", list(tasks)))  # type: ignore[arg-type]
    assert failed.value.next_command and "Traceback" not in str(failed.value)
    return failed.value


async def test_container_tools_that_cannot_be_fetched(bench: Workbench) -> None:
    bench.processes.expect("dpkg-query", answer="")
    bench.processes.expect("apt-get", answer=failing("apt-get", "update"))
    error = await error_of(bench, InstallPackages())
    assert error.what.startswith("Packages could not be installed: podman")
    assert "Could not connect" in error.why and error.where == "apt-get on this machine"
    assert error.next_command.startswith("apt-get update && apt-get install podman")


async def test_etcd_that_cannot_be_fetched_leaves_nothing_half_done(bench: Workbench) -> None:
    bench.processes.expect("apt-get", answer=failing("apt-get", "update"))
    error = await error_of(bench, FetchEtcd())
    assert error.what == "etcd could not be fetched" and "Could not connect" in error.why
    assert error.next_command == "apt-get update"
    assert list(bench.paths.bin.iterdir()) == []


async def test_a_base_system_that_cannot_be_fetched(bench: Workbench, tmp_path: Path) -> None:
    bench.processes.expect("mmdebstrap", answer=failing("mmdebstrap"))
    error = await error_of(bench, *image_tasks(bench, tmp_path, FakePodman(), "base"))
    assert isinstance(error, ImageBuildFailed)
    assert error.what == "image base could not be built" and "Could not connect" in error.why
    assert error.next_command == "sunbeam image build base"


async def test_a_recipe_that_fails_does_not_keep_others_from_being_built(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.processes.expect("mmdebstrap")
    podman = FakePodman(fails="left")
    error = await error_of(bench, *image_tasks(bench, tmp_path, podman, "base", "left", "leaf", "right"))
    assert error.what == "image left could not be built" and error.where.endswith("/left")
    assert "E: Unable to locate package nonsense" in error.why
    assert error.next_command == "sunbeam image build left"
    assert podman.builds().count("right") == 1 and "leaf" not in podman.builds()
    assert bench.statuses() == {
        "image-base": "done", "image-left": "failed", "image-leaf": "pending", "image-right": "done"
    }  # fmt: skip

    podman.fails = ""
    await bench.engine.run(
        Change(
            "cluster bootstrap", "Bootstrap the cloud", image_tasks(bench, tmp_path, podman, "left", "leaf")
        )
    )
    assert podman.builds().count("right") == 1 and podman.builds()[-2:] == ["left", "leaf"]


async def test_a_full_disk_is_told_from_a_wrong_recipe(bench: Workbench, tmp_path: Path) -> None:
    full = Completed(("mmdebstrap",), 1, "", "E: tar failed: write error: No space left on device")
    bench.processes.expect("mmdebstrap", answer=full)
    error = await error_of(bench, *image_tasks(bench, tmp_path, FakePodman(), "base"))
    assert "No space left on device" in error.why
    assert error.next_command == f"df -h {tmp_path / 'cache'}"


def image_tasks(bench: Workbench, folder: Path, podman: FakePodman, *names: str) -> list[BuildImage]:
    images = folder / "images"
    if not images.exists():
        for name, parent in (("base", ""), ("left", "base"), ("leaf", "left"), ("right", "base")):
            recipe(images, name, parent)
    recipes = load_recipes(images)
    builder = ImageBuilder(bench.processes, podman, recipes, folder / "cache")
    return [BuildImage(builder, recipes[name], names, force=True) for name in names]
