"""Images that one storage of podman has are loaded into another: previewed, done, done once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.images.recipes import REGISTRY
from sunbeam.substrates.embedded.podman import Podman
from tests.functional.substrates.conftest import Substrate

SUNBEAM = Path(sys.executable).with_name("sunbeam")
DIGESTS = {"base": "11aa", "nova": "22bb"}


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    """Two small images under the names of ours, saved out of a storage of their own."""
    context, file = tmp_path / "context", tmp_path / "the images.tar"
    context.mkdir()
    (context / "mark").touch()
    podman = Podman(SystemProcesses(), Paths(tmp_path / "one"))
    names = []
    for name, digest in DIGESTS.items():
        (context / "Containerfile").write_text(f"FROM scratch\nCOPY mark /{name}\n")
        tags = [f"{REGISTRY}/{name}:{digest}", f"{REGISTRY}/{name}:latest"]
        label = f"--label=sunbeam.recipe={digest}"
        await podman.call(["build", label, *(f"--tag={tag}" for tag in tags), context])
        names += tags
    await podman.call(["save", "--multi-image-archive", "--output", file, *names])
    await Substrate(tmp_path / "one").teardown().run()
    return file


@pytest.fixture
async def root(tmp_path: Path) -> AsyncIterator[Path]:
    folder = tmp_path / "two"
    folder.mkdir()
    yield folder
    await Substrate(folder).teardown().run()


def sunbeam(root: Path, *words: str | Path) -> str:
    environment = {**os.environ, "SUNBEAM_ROOT": str(root)}
    done = subprocess.run([SUNBEAM, *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_images_are_carried(archive: Path, root: Path) -> None:
    def load(*words: str) -> list[dict[str, Any]]:
        output = sunbeam(root, "image", "import", archive, "--output", "json", *words)
        return [json.loads(line) for line in output.splitlines()]

    def changed() -> list[tuple[str, str]]:
        return [(each["verb"], each["target"]) for each in load() if each["type"] == "host-changed"]

    (foreseen,) = load("--dry-run")
    assert [*root.iterdir()] == []
    tasks = foreseen["preview"]["tasks"]
    touches = [(each["verb"], each["name"]) for task in tasks for each in task["foresight"]["touches"]]
    (found,) = (each for task in tasks for each in task["foresight"]["artifacts"])
    assert found["name"] == "images base, nova" and found["size"] == archive.stat().st_size
    assert changed() == touches == [("load images", str(archive))]
    rows = json.loads(sunbeam(root, "image", "list", "--format", "json"))
    assert {row["image"] for row in rows if row["state"] != "not built"} == set(DIGESTS)
    assert changed() == []
