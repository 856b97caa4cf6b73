"""Images in one file: out of podman's storage here, into podman's storage elsewhere."""

from __future__ import annotations

from pathlib import Path

from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import ProcessFailed
from sunbeam.images.builder import ImageBuilder


async def export_images(builder: ImageBuilder, target: Path) -> None:
    """Write every current image to ``target`` (an OCI archive of many images, shared layers once).

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
    temporary.replace(target)


async def import_images(builder: ImageBuilder, source: Path) -> list[str]:
    """Load ``source``; returns the names of our images that it brought.  Raises SunbeamError."""
    if not source.is_file():
        raise SunbeamError(
            f"There is no file {source}", next_command="sunbeam image export FILE", id="bundle-missing"
        )
    before = await builder.images()
    try:
        await builder.podman.call(["load", "--input", source])
    except ProcessFailed as failure:
        raise SunbeamError(
            "The images could not be loaded",
            where=str(source),
            why=failure.completed.stderr.strip()[-300:],
            next_command="sunbeam image export FILE (on the machine that has them)",
            id="bundle-not-loaded",
        ) from failure
    after = await builder.images()
    return sorted(name for name, image in after.items() if before.get(name) != image)
