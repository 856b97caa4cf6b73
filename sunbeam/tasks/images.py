"""Container images from their recipes, and the guest image."""

from __future__ import annotations

import shutil
from collections.abc import Collection

from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context, Task
from sunbeam.images.builder import ImageBuilder
from sunbeam.images.recipes import Recipe, load_recipes
from sunbeam.substrates.embedded.podman import Podman

GUEST = "guest"
GUEST_FILE = "guest.qcow2"


def image_builder(processes: Processes, paths: Paths) -> ImageBuilder:
    """The builder of this node: our recipes, podman's storage of ours."""
    recipes = load_recipes(shipped("images"))
    return ImageBuilder(processes, Podman(processes, paths), recipes, paths.images / "cache")


def image_tasks(builder: ImageBuilder, *needs: str, only: Collection[str] | None = None) -> list[BuildImage]:
    """A task per recipe that is not current; ``only`` names recipes to build in any case.

    A task needs its parent's task only if there is one.
    """
    chosen = [name for name in builder.recipes if not only or name in only]
    return [BuildImage(builder, builder.recipes[name], chosen, *needs, force=bool(only)) for name in chosen]


class BuildImage(Task):
    """One container image from its recipe, unless a current one is there."""

    def __init__(
        self,
        builder: ImageBuilder,
        recipe: Recipe,
        together: Collection[str],
        *needs: str,
        force: bool = False,
    ) -> None:
        self.id = f"image-{recipe.name}"
        self.title = f"Build image {recipe.name}"
        parent = recipe.parent.name if recipe.parent else ""
        self.needs = (*needs, f"image-{parent}") if parent in together else needs
        self._force = force
        self._builder = builder
        self._recipe = recipe

    async def is_done(self, context: Context) -> bool:
        if self._force or not shutil.which("podman"):
            return False
        return await self._builder.is_current(self._recipe.name)

    async def act(self, context: Context) -> None:
        if not context.host.dry_run:
            await self._builder.build([self._recipe.name], context.report)


class ExtractGuest(Task):
    """The guest image out of the container image it was built in."""

    id = "guest-image"
    title = "Take out the guest image"
    needs = (f"image-{GUEST}",)

    def __init__(self, builder: ImageBuilder) -> None:
        self._builder = builder

    async def is_done(self, context: Context) -> bool:
        stamp = context.paths.images / f"{GUEST_FILE}.recipe"
        digest = self._builder.recipes[GUEST].digest
        return (context.paths.images / GUEST_FILE).exists() and stamp.exists() and stamp.read_text() == digest

    async def act(self, context: Context) -> None:
        target = context.paths.images / GUEST_FILE
        if not context.host.dry_run:
            await self._builder.copy_out(GUEST, f"/{GUEST_FILE}", target)
        context.host.write_file(target.with_name(f"{GUEST_FILE}.recipe"), self._builder.recipes[GUEST].digest)
