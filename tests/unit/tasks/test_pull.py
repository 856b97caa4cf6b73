"""Images that a manifest names are pulled, under the names that pods and machines use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Completed, ProcessFailed
from sunbeam.images.builder import ImageBuilder
from sunbeam.images.pulled import to_build, with_references
from sunbeam.images.recipes import load_recipes
from sunbeam.tasks.pull import pull_tasks
from tests.unit.core.bench import Workbench
from tests.unit.images.test_recipes import recipe

REFERENCE = "registry.example.org/leaf:1"


class Registry:
    """Podman with a registry that has one image; nothing is built."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.pulls: list[str] = []

    async def call(
        self,
        words: Sequence[str | Path],
        *,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        line = tuple(str(word) for word in words)
        if line[0] == "pull":
            self.pulls.append(line[-1])
            if line[-1] != REFERENCE:
                raise ProcessFailed(Completed(line, 125, "", "Error: manifest unknown\n"))
            return Completed(line, 0, "4f5e\n")
        if line[0] == "tag":
            self.tags.update({name: line[1] for name in line[2:]})
            return Completed(line, 0, "")
        assert line[:2] == ("image", "inspect")
        known = self.tags.get(line[-1])
        return Completed(line, 0 if known else 1, f"{known}\n" if known else "")


def builder(bench: Workbench, tmp_path: Path, podman: Registry, references: dict[str, str]) -> ImageBuilder:
    for name, parent in (("base", ""), ("middle", "base"), ("leaf", "middle"), ("other", "base")):
        recipe(tmp_path / "images", name, parent)
    recipes = with_references(load_recipes(tmp_path / "images"), references)
    return ImageBuilder(bench.processes, podman, recipes, tmp_path / "cache")


async def test_an_image_is_pulled_once_for_each_reference(tmp_path: Path) -> None:
    bench, podman = Workbench(tmp_path), Registry()
    made = builder(bench, tmp_path, podman, {"leaf": REFERENCE})
    await bench.engine.run(Change("pull", "Pull", pull_tasks(made)))
    leaf = made.recipes["leaf"]
    assert podman.pulls == [REFERENCE] and podman.tags == {leaf.image: "4f5e", leaf.latest: "4f5e"}
    assert leaf.image.startswith("localhost/sunbeam/leaf:")
    other = with_references(made.recipes, {"leaf": "registry.example.org/leaf:2"})["leaf"]
    assert other.image != leaf.image


async def test_what_cannot_be_pulled_says_why(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    made = builder(bench, tmp_path, Registry(), {"leaf": "registry.example.org/nothing:1"})
    with pytest.raises(SunbeamError, match="The image leaf could not be pulled") as failed:
        await bench.engine.run(Change("pull", "Pull", pull_tasks(made)))
    assert failed.value.where == "registry.example.org/nothing:1"
    assert failed.value.why == "Error: manifest unknown"


@pytest.mark.parametrize(
    ("pulled", "built"),
    [
        ([], {"base", "middle", "leaf", "other"}),
        (["leaf"], {"base", "other"}),
        (["other"], {"base", "middle", "leaf"}),
        (["leaf", "other"], set()),
    ],
)
def test_parents_are_built_only_for_what_is_built(tmp_path: Path, pulled: list[str], built: set[str]) -> None:
    made = builder(Workbench(tmp_path), tmp_path, Registry(), {name: REFERENCE for name in pulled})
    assert to_build(made.recipes) == built
