from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sunbeam.core.process import Completed, ProcessFailed
from sunbeam.images.builder import ImageBuilder, ImageBuildFailed
from sunbeam.images.recipes import load_recipes
from tests.fakes.disk import watch_syncs
from tests.fakes.processes import FakeProcesses
from tests.unit.images.test_recipes import recipe


class FakePodman:
    """Answers ``images`` with what was tagged, and lets builds fail by name."""

    def __init__(self, fails: str = "") -> None:
        self.calls: list[list[str]] = []
        self.fails = fails
        self.built: dict[str, str] = {}

    async def call(
        self,
        words: Sequence[str | Path],
        *,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        line = [str(word) for word in words]
        self.calls.append(line)
        if line[0] == "build":
            name = Path(line[-1]).name if not line[-1].endswith("context") else "base"
            if name == self.fails:
                stderr = (
                    "Reading package lists\nE: Unable to locate package nonsense\nError: exit status 100\n"
                )
                raise ProcessFailed(Completed(tuple(line), 100, "", stderr))
            self.built[name] = next(word for word in line if word.startswith("sunbeam.recipe=")).partition(
                "="
            )[2]
            return Completed(tuple(line), 0, f"id-{name}\n")
        if line[0] == "cp":
            Path(line[2]).write_text("a file of an image")
        if line[0] == "images":
            listing = [
                {"Id": f"id-{name}", "Size": 1, "Labels": {"sunbeam.recipe": digest},
                 "Names": [f"localhost/sunbeam/{name}:latest", f"localhost/sunbeam/{name}:tag"]}
                for name, digest in self.built.items()
            ]  # fmt: skip
            return Completed(tuple(line), 0, json.dumps(listing))
        return Completed(tuple(line), 0, "")

    def builds(self) -> list[str]:
        return [Path(line[-1]).name.replace("context", "base") for line in self.calls if line[0] == "build"]


def builder(tmp_path: Path, podman: FakePodman) -> ImageBuilder:
    for name, parent in (("base", ""), ("middle", "base"), ("leaf", "middle")):
        recipe(tmp_path / "images", name, parent)
    processes = FakeProcesses()
    processes.expect("mmdebstrap")
    return ImageBuilder(processes, podman, load_recipes(tmp_path / "images"), tmp_path / "cache")


async def test_parents_are_built_first_and_nothing_is_outdated_afterwards(tmp_path: Path) -> None:
    podman = FakePodman()
    images = builder(tmp_path, podman)
    assert await images.outdated() == ["base", "middle", "leaf"]
    await images.build(["leaf", "middle", "base"])
    assert podman.builds() == ["base", "middle", "leaf"]
    assert await images.outdated() == []


async def test_only_what_changed_is_outdated(tmp_path: Path) -> None:
    podman = FakePodman()
    images = builder(tmp_path, podman)
    await images.build(["base", "middle", "leaf"])
    file = tmp_path / "images/leaf/Containerfile"
    file.write_text(file.read_text() + "RUN more\n")
    again = ImageBuilder(FakeProcesses(), podman, load_recipes(tmp_path / "images"), tmp_path / "cache")
    assert await again.outdated() == ["leaf"]


async def test_a_recipe_that_fails_is_named_with_the_package_managers_words(tmp_path: Path) -> None:
    images = builder(tmp_path, FakePodman(fails="middle"))
    with pytest.raises(ImageBuildFailed) as failed:
        await images.build(["base", "middle", "leaf"])
    assert "middle" in failed.value.what
    assert "E: Unable to locate package nonsense" in failed.value.why
    assert failed.value.next_command == "sunbeam image build middle"


async def test_a_file_of_an_image_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = builder(tmp_path, FakePodman())
    synced = watch_syncs(monkeypatch)
    await images.copy_out("leaf", "/guest", tmp_path / "out/guest")
    assert synced == ["guest.new", "out"]
    assert (tmp_path / "out/guest").read_text() == "a file of an image"
