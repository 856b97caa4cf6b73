"""Container images from their recipes, and the guest image."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sunbeam.checks.before import BEFORE
from sunbeam.checks.wanted import Wanted
from sunbeam.core.change import Change
from sunbeam.core.errors import Problem, UsageError
from sunbeam.core.estimate import Lane
from sunbeam.core.foresight import Artifact, Foresight, Touch
from sunbeam.core.node import Node
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context, Task
from sunbeam.images.archive import images_in, load_images
from sunbeam.images.builder import ImageBuilder
from sunbeam.images.pulled import to_build, with_references
from sunbeam.images.recipes import REGISTRY, Recipe, load_recipes
from sunbeam.substrates.embedded.containers_conf import ContainerFolders
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.tasks.machine import CheckMachine

PHASE = "Build images"
GUEST = "guest"
GUEST_FILE = "guest.qcow2"


def image_builder(
    processes: Processes, paths: Paths, references: Mapping[str, str] | None = None
) -> ImageBuilder:
    """The builder of this node: our recipes, podman's storage of ours; ``references`` are pulled instead."""
    recipes = with_references(load_recipes(shipped("images")), references or {})
    return ImageBuilder(processes, Podman(processes, paths), recipes, paths.images / "cache")


def image_tasks(builder: ImageBuilder, *needs: str, only: Collection[str] | None = None) -> list[BuildImage]:
    """A task per recipe that a cloud needs built; ``only`` names recipes to build in any case.

    What those are built from comes with them, unless it is current.
    """
    recipes = builder.recipes
    wanted = {parent for name in only or () for parent in _lineage(recipes[name])} or to_build(recipes)
    chosen = [name for name in recipes if name in wanted]
    return [BuildImage(builder, recipes[name], chosen, *needs, force=name in (only or ())) for name in chosen]


def _lineage(recipe: Recipe) -> Iterator[str]:
    """Its name and those of all that it is built from."""
    yield recipe.name
    if recipe.parent is not None:
        yield from _lineage(recipe.parent)


def build_images(node: Node, names: Collection[str]) -> Change:
    """Build what is outdated; named recipes in any case.

    Raises UsageError for a name that is none, and without podman.
    """
    _require_podman()
    builder = image_builder(node.processes, node.paths)
    if unknown := sorted(set(names) - set(builder.recipes)):
        raise UsageError(
            f"No such image: {', '.join(unknown)}", next_command="sunbeam image list", id="image-unknown"
        )
    wanted = image_tasks(builder, only=names)
    guest = [ExtractGuest(builder)] if any(task.id == f"image-{GUEST}" for task in wanted) else []
    return Change("image build", "Build images", [CheckBuild(node.paths, wanted), *wanted, *guest])


def import_images(node: Node, source: Path) -> Change:
    """Load the images of an archive.  Raises SunbeamError for a file that is none, and without podman."""
    _require_podman()
    load = LoadImages(image_builder(node.processes, node.paths), source, images_in(source))
    check = CheckMachine.of_import(node.paths, f"sunbeam image import {shlex.quote(str(source))}")
    return Change("image import", f"Load images from {source.name}", [check, load])


def _require_podman() -> None:
    if shutil.which("podman") is None:
        raise UsageError(
            "podman is not installed",
            why="images are in its storage; only a bootstrap installs it by itself",
            next_command="apt-get install podman",
            id="podman-missing",
        )


class BuildImage(Task):
    """One container image from its recipe, unless a current one is there."""

    phase = PHASE

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
        self.typical_seconds = recipe.weight
        self.lane = Lane("builders", builder.parallel)
        self._force = force
        self._builder = builder
        self._recipe = recipe

    async def is_done(self, context: Context) -> bool:
        if self._force or not ContainerFolders(context.paths).in_use:
            return False
        return await self._builder.is_current(self._recipe.name)

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        context.queued()
        async with self._builder.turn(self._recipe.name):
            context.working()
            await self._builder.build_one(self._recipe.name, context.report)

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        """The size is that of the image that it replaces, else the recipe's."""
        images = await self._builder.images() if ContainerFolders(context.paths).in_use else {}
        old = images.get(self._recipe.name)
        size = old.size if old else self._recipe.size
        return Foresight(artifacts=(Artifact("build", f"image {self._recipe.name}", size),))


class CheckBuild(CheckMachine):
    """What builds need of this machine and of the outside, if there is anything to build."""

    def __init__(self, paths: Paths, builds: Sequence[BuildImage]) -> None:
        wanted = replace(Wanted.with_or_without(paths, "sunbeam image build"), builds=True)
        super().__init__(wanted, BEFORE["image build"].checks, warn=False)
        self._builds = builds

    async def problems(self, context: Context) -> list[Problem]:
        for build in self._builds:
            if not await build.is_done(context):
                return await super().problems(context)
        return []


class LoadImages(Task):
    """The images of an archive into podman's storage; ``images``: their recipes' digests by name."""

    id = "load-images"
    title = "Load images"

    def __init__(self, builder: ImageBuilder, source: Path, images: Mapping[str, str]) -> None:
        self._builder = builder
        self._source = source
        self._images = images

    async def is_done(self, context: Context) -> bool:
        if not ContainerFolders(context.paths).in_use:
            return False
        there = await self._builder.images()
        return all(name in there and there[name].recipe == recipe for name, recipe in self._images.items())

    async def act(self, context: Context) -> None:
        with context.host.mutation("load images", str(self._source)) as really:
            if really:
                await load_images(self._builder, self._source)
                context.report(f"loaded {', '.join(sorted(self._images))}")

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        found = Artifact("fetch", f"images {', '.join(sorted(self._images))}", self._source.stat().st_size)
        return Foresight(touches=(Touch("other", "load images", str(self._source)),), artifacts=(found,))


class RemoveReplaced(Task):
    """Images that later builds replaced, once nothing runs from them any more."""

    id = "replaced-images"
    title = "Remove images that were replaced"
    phase = "Check"
    rehearsable = True

    def __init__(self, builder: ImageBuilder, *needs: str) -> None:
        self.needs = needs
        self._builder = builder

    async def is_done(self, context: Context) -> bool:
        if not ContainerFolders(context.paths).in_use:
            return True
        return not (await self._builder.replaced() or await self._builder.outdated())

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        """Those that builds before it will replace."""
        images = (await self._builder.images()).values()
        going = [image for image in images if f"image-{image.name}" in before]
        names = [f"{REGISTRY}/{image.name}:{image.recipe}" for image in going]
        return Foresight(touches=tuple(Touch("other", "remove image", name) for name in names))

    async def act(self, context: Context) -> None:
        for names in await self._builder.replaced():
            with context.host.mutation("remove image", names[0]) as really:
                if really:
                    await self._builder.remove(names)


class ExtractGuest(Task):
    """The guest image out of the container image it was built in."""

    id = "guest-image"
    title = "Take out the guest image"
    needs = (f"image-{GUEST}",)
    phase = PHASE
    typical_seconds = 1.0
    rehearsable = True

    def __init__(self, builder: ImageBuilder) -> None:
        self._builder = builder

    async def is_done(self, context: Context) -> bool:
        stamp = context.paths.images / f"{GUEST_FILE}.recipe"
        digest = self._builder.recipes[GUEST].digest
        return (context.paths.images / GUEST_FILE).exists() and stamp.exists() and stamp.read_text() == digest

    async def act(self, context: Context) -> None:
        target = context.paths.images / GUEST_FILE
        context.host.make_folder(target.parent)
        with context.host.mutation("write", str(target)) as really:
            if really:
                await self._builder.copy_out(GUEST, f"/{GUEST_FILE}", target)
        context.host.write_file(target.with_name(f"{GUEST_FILE}.recipe"), self._builder.recipes[GUEST].digest)
