"""Container images that a manifest names instead of having them built."""

from __future__ import annotations

from collections.abc import Mapping

from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Artifact, Foresight
from sunbeam.core.process import ProcessFailed
from sunbeam.core.task import Context, Task
from sunbeam.images.builder import ImageBuilder
from sunbeam.images.pulled import PulledImage, is_pulled, pull
from sunbeam.substrates.embedded.containers_conf import ContainerFolders


class PullImage(Task):
    """The image behind a reference, under the names of the recipe that it stands for."""

    phase = "Build images"
    typical_seconds = 20.0

    def __init__(self, builder: ImageBuilder, image: PulledImage, *needs: str) -> None:
        self.id = f"image-{image.name}"
        self.title = f"Pull image {image.name}"
        self.needs = needs
        self._podman = builder.podman
        self._image = image

    async def is_done(self, context: Context) -> bool:
        """Podman is not asked before it has storage of ours: it would make it."""
        if not ContainerFolders(context.paths).in_use:
            return False
        return await is_pulled(self._podman, self._image)

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        context.report(f"pulling {self._image.reference}")
        try:
            await pull(self._podman, self._image)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"The image {self._image.name} could not be pulled",
                where=self._image.reference,
                why="\n".join(failure.completed.stderr.strip().splitlines()[-3:]),
                next_command="sunbeam manifest show",
                id="image-not-pulled",
            ) from failure

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(artifacts=(Artifact("fetch", self._image.reference),))


def pull_tasks(builder: ImageBuilder, *needs: str) -> list[Task]:
    """A task for each image that is pulled."""
    pulled = [recipe for recipe in builder.recipes.values() if isinstance(recipe, PulledImage)]
    return [PullImage(builder, image, *needs) for image in pulled]
