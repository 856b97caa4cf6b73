"""Images in one file: out of podman's storage here, into podman's storage elsewhere."""

from __future__ import annotations

import asyncio
import json
import tarfile
from pathlib import Path

from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import ProcessFailed
from sunbeam.core.snapshot import take_place
from sunbeam.images.builder import ImageBuilder
from sunbeam.images.recipes import REGISTRY

INDEX = "manifest.json"
"""Which images an archive of podman holds (Docker's image specification 1.2, "Combined Image JSON")."""


async def export_images(builder: ImageBuilder, target: Path) -> None:
    """Write every current image to ``target`` (an archive of many images, shared layers once).

    Raises SunbeamError naming the images that are missing or outdated.
    """
    missing = await builder.outdated()
    if missing:
        raise SunbeamError(
            f"Not all images are built: {', '.join(missing)}",
            where="podman's storage",
            next_command="sunbeam image build",
            id="images-not-built",
        )
    temporary = target.with_name(target.name + ".new")
    temporary.unlink(missing_ok=True)
    names = [name for recipe in builder.recipes.values() for name in (recipe.image, recipe.latest)]
    await builder.podman.call(["save", "--multi-image-archive", "--output", temporary, *names])
    await asyncio.to_thread(take_place, temporary, target)


def images_in(source: Path) -> dict[str, str]:
    """The recipe's digest by name of each image of ours in ``source``.

    Raises SunbeamError where there is no file, no archive, or nothing of ours in it.
    """
    if not source.is_file():
        raise SunbeamError(
            f"There is no file {source}", next_command="sunbeam image export FILE", id="archive-missing"
        )
    try:
        with tarfile.open(source) as archive:
            index = archive.extractfile(INDEX)
            images = json.load(index) if index else ()
            names = [name for image in images for name in image["RepoTags"] or ()]
    except (OSError, tarfile.TarError, LookupError, TypeError, ValueError) as error:
        why = str(error).partition("\n")[0].rstrip(":")
        raise _not_loaded(source, f"it is no archive of images: {why}") from error
    ours = (name.removeprefix(f"{REGISTRY}/").partition(":") for name in names if name.startswith(REGISTRY))
    found = {name: digest for name, _, digest in ours if digest != "latest"}
    if not found:
        raise _not_loaded(source, "it holds no image of Sunbeam")
    return found


async def load_images(builder: ImageBuilder, source: Path) -> None:
    """Raises SunbeamError."""
    try:
        await builder.podman.call(["load", "--input", source])
    except ProcessFailed as failure:
        raise _not_loaded(source, failure.completed.stderr.strip()[-300:]) from failure


def _not_loaded(source: Path, why: str) -> SunbeamError:
    return SunbeamError(
        "The images could not be loaded",
        where=str(source),
        why=why,
        next_command="sunbeam image export FILE (on the machine that has them)",
        id="archive-not-loaded",
    )
