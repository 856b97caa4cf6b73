from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sunbeam.checks.before import BEFORE, Before
from sunbeam.checks.check import Check, CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.change import Change
from sunbeam.core.errors import PreflightFailed, Problem
from sunbeam.core.paths import Paths
from sunbeam.core.preview import preview
from sunbeam.core.task import Context
from sunbeam.images.builder import ImageBuilder
from sunbeam.images.recipes import RECIPE_LABEL
from sunbeam.tasks.images import (
    BuildImage,
    CheckBuild,
    ExtractGuest,
    RemoveReplaced,
    image_builder,
    image_tasks,
)
from tests.fakes.processes import FakeProcesses
from tests.touches import previewed_and_done
from tests.unit.core.bench import Step, Workbench


def test_a_named_image_brings_what_it_is_built_from(tmp_path: Path) -> None:
    tasks = image_tasks(image_builder(FakeProcesses(), Paths(tmp_path)), only=["keystone"])
    assert {task.id: task.needs for task in tasks} == {
        "image-base": (),
        "image-openstack": ("image-base",),
        "image-keystone": ("image-openstack",),
    }


class Storage:
    """``podman images`` and ``rmi``; a container has the image ``used``."""

    def __init__(self, *images: dict[str, Any], used: str = "") -> None:
        self.images = list(images)
        self.used = used

    def expected_by(self, processes: FakeProcesses) -> None:
        processes.expect("podman", "images", answer=lambda argv, text: json.dumps(self.images))
        processes.expect("podman", "ps", answer=lambda argv, text: json.dumps([{"ImageID": self.used}]))
        processes.expect("podman", "rmi", answer=self._remove)

    def _remove(self, argv: tuple[str, ...], text: str | None) -> str:
        self.images = [each for each in self.images if each["Names"] != list(argv[2:])]
        return ""


def image(name: str, recipe: str, *tags: str) -> dict[str, Any]:
    names = sorted(f"localhost/sunbeam/{name}:{tag}" for tag in (recipe, *tags))
    return {"Id": f"{name}-{recipe}", "Names": names, "Labels": {RECIPE_LABEL: recipe}, "Size": 1}


async def test_what_a_build_replaced_is_removed_unless_something_runs_from_it(tmp_path: Path) -> None:
    recipes = image_builder(FakeProcesses(), Paths(tmp_path)).recipes
    current = [image(name, recipe.digest, "latest") for name, recipe in recipes.items()]
    foreign = {**image("nova", "old"), "Names": ["registry.example.org/nova:1"]}
    storage = Storage(
        *current, image("nova", "old", "content"), image("glance", "old"), foreign, used="glance-old"
    )
    dry, real = Workbench(tmp_path, dry_run=True), Workbench(tmp_path)
    for bench in (dry, real):
        storage.expected_by(bench.processes)
    seen = await preview(dry.engine, removal(dry), dry.journal)
    touched = [(touch.verb, touch.name) for task in seen.tasks for touch in task.foresight.touches]
    assert touched == [("remove image", "localhost/sunbeam/nova:content")]

    await real.engine.run(removal(real))
    assert [(each.verb, each.target) for each in real.host.performed] == touched
    kept = [*current, image("glance", "old"), foreign]
    assert storage.images == kept
    storage.used = ""
    await real.engine.run(removal(real))
    assert storage.images == [*current, foreign]


async def test_what_builds_will_replace_is_foreseen(tmp_path: Path) -> None:
    dry = Workbench(tmp_path, dry_run=True)
    builder = builder_of(dry)
    Storage(image("nova", "old", "latest")).expected_by(dry.processes)
    dry.processes.expect("podman", "image", "inspect", answer="")
    tasks = [*image_tasks(builder, only=["nova"]), RemoveReplaced(builder, "image-nova")]
    seen = await preview(dry.engine, Change("t", "T", tasks), dry.journal)
    assert [touch.name for touch in seen.tasks[-1].foresight.touches] == ["localhost/sunbeam/nova:old"]


def told(seen: Wanted, wanted: Wanted) -> Iterator[Problem]:
    yield Problem("no mirror", severity="error" if wanted.fetches else "warning", id="mirror-unreachable")


async def wanted_of(context: CheckContext) -> Wanted:
    return context.wanted


@pytest.mark.parametrize("installed", [False, True])
async def test_what_a_build_fetches_from_is_checked_first_unless_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    mirror = Check("mirrors", "package archives", wanted_of, told, once=True)
    monkeypatch.setitem(BEFORE, "image build", Before((mirror,), "packages are fetched"))
    bench = Workbench(tmp_path)
    if installed:
        bench.paths.etc.mkdir(parents=True)
        NodeSettings.file(bench.paths).write_text(NodeSettings("vm", "192.0.2.7").dump())
    builder = builder_of(bench)
    digest = builder.recipes["base"].digest
    bench.processes.expect("podman", "image", "inspect", answer=lambda argv, text: digest)
    await bench.engine.run(Change("t", "T", [CheckBuild(bench.paths, [outdated(builder)])]))
    digest = "old"
    for builds in ([outdated(builder)], image_tasks(builder, only=["base"])):
        with pytest.raises(PreflightFailed) as refused:
            await bench.engine.run(Change("t", "T", [CheckBuild(bench.paths, builds), *builds]))
        assert [problem.id for problem in refused.value.problems] == ["mirror-unreachable"]


def outdated(builder: ImageBuilder) -> BuildImage:
    """Built unless it is current."""
    return BuildImage(builder, builder.recipes["base"], ["base"])


async def test_a_dry_run_lists_the_guest_image_that_is_taken_out_then(tmp_path: Path) -> None:
    dry, real = Workbench(tmp_path, dry_run=True), Workbench(tmp_path)
    builder = builder_of(real)

    def copy(argv: tuple[str, ...], text: str | None) -> str:
        Path(argv[-1]).touch()
        return ""

    real.processes.expect("podman", "create", answer="c1")
    real.processes.expect("podman", "cp", "c1:/guest.qcow2", answer=copy)
    real.processes.expect("podman", "rm", "--force", "c1")

    async def nothing(context: Context) -> None: ...

    built = Step("image-guest", nothing, done=lambda: True)
    images = real.paths.images
    assert await previewed_and_done(dry, real, Change("t", "T", [built, ExtractGuest(builder)])) == {
        ("make folder", str(images)),
        ("write", str(images / "guest.qcow2")),
        ("write", str(images / "guest.qcow2.recipe")),
    }


def builder_of(bench: Workbench) -> ImageBuilder:
    builder = image_builder(bench.processes, bench.paths)
    builder.podman.prepare()  # type: ignore[attr-defined]
    return builder


def removal(bench: Workbench) -> Change:
    return Change("t", "T", [RemoveReplaced(builder_of(bench))])
