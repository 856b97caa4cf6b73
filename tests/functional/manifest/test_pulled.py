"""Real podman pulls what a manifest names, under the names that pods and machines use."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.images.pulled import PulledImage, is_pulled, pull
from sunbeam.substrates.embedded.podman import Podman


async def archive(podman: Podman, folder: Path) -> Path:
    """An image with one file, saved as registries and people pass images on."""
    files = folder / "root.tar"
    with tarfile.open(files, "w") as tar:
        entry = tarfile.TarInfo("hello")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"world"))
    await podman.call(["import", "--quiet", files, "localhost/made:1"])
    await podman.call(
        ["save", "--quiet", "--format", "oci-archive", "--output", folder / "made.tar", "localhost/made:1"]
    )
    await podman.call(["rmi", "--force", "localhost/made:1"])
    return folder / "made.tar"


async def test_an_image_is_pulled_by_reference(tmp_path: Path) -> None:
    podman = Podman(SystemProcesses(), Paths(tmp_path / "node"))
    try:
        file = await archive(podman, tmp_path)
        image = PulledImage("keystone", tmp_path, reference=f"oci-archive:{file}")
        assert not await is_pulled(podman, image)
        await pull(podman, image)
        assert await is_pulled(podman, image)
        assert {image.image, image.latest} <= await podman.image_names()
        other = PulledImage("keystone", tmp_path, reference=f"oci-archive:{file}.other")
        assert not await is_pulled(podman, other) and other.image != image.image
    finally:
        await podman.call(["rmi", "--all", "--force"], check=False)
