"""Builds images from their recipes: in parallel, parents first, each only when its recipe changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sunbeam.core.cores import cores
from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Completed, Processes, ProcessFailed
from sunbeam.core.snapshot import take_place
from sunbeam.images.leftovers import end_leftovers
from sunbeam.images.mirrors import SUITE, apt_sources
from sunbeam.images.recipes import RECIPE_LABEL, REGISTRY, Recipe
from sunbeam.images.slots import Slots

FULL = "no space left on device"
BASE_PACKAGES = "ca-certificates,python3"
DPKG_OPTIONS = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "force-unsafe-io",
)


class Podman(Protocol):
    """How this module calls podman; ``words`` start at the subcommand."""

    async def call(
        self,
        words: Sequence[str | Path],
        *,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed: ...


class ImageBuildFailed(SunbeamError):
    """A recipe did not build; ``why`` holds the package manager's own last words."""

    id = "image-build-failed"


@dataclass(frozen=True)
class Image:
    """A built image: its content ``tag``, the digest of the recipe it came from, ``size`` in bytes."""

    name: str
    id: str
    tag: str
    recipe: str
    size: int


Progress = Callable[[str], None]


class ImageBuilder:
    """Builds into podman's storage; ``cache`` keeps downloaded packages between builds."""

    def __init__(
        self,
        processes: Processes,
        podman: Podman,
        recipes: Mapping[str, Recipe],
        cache: Path,
        *,
        parallel: int | None = None,
    ) -> None:
        self.processes = processes
        self.podman = podman
        self.recipes = recipes
        self.cache = cache
        self.parallel = parallel or max(2, cores())
        self._slots = Slots(self.parallel)

    async def images(self) -> dict[str, Image]:
        """Every image of ours in podman's storage by recipe name, current or not."""
        listing = await self.podman.call(
            ["images", "--filter", f"label={RECIPE_LABEL}", "--filter", "dangling=false", "--format", "json"]
        )
        found = {}
        for entry in json.loads(listing.stdout or "[]"):
            names = [name for name in entry.get("Names") or [] if name.startswith(f"{REGISTRY}/")]
            if f"{(names or [''])[0].rpartition(':')[0]}:latest" not in names:
                continue
            name = names[0].rpartition(":")[0].removeprefix(f"{REGISTRY}/")
            digest = (entry.get("Labels") or {}).get(RECIPE_LABEL, "")
            tags = [each.rpartition(":")[2] for each in names]
            tag = next((each for each in tags if each not in ("latest", digest)), "latest")
            found[name] = Image(name, entry["Id"], tag, digest, int(entry["Size"]))
        return found

    async def replaced(self) -> list[list[str]]:
        """All names of each image of ours that a later build replaced and that no container has."""
        listing = await self.podman.call(["images", "--filter", f"label={RECIPE_LABEL}", "--format", "json"])
        containers = await self.podman.call(["ps", "--all", "--format", "json"])
        used = {each["ImageID"] for each in json.loads(containers.stdout or "[]") or []}
        names: dict[str, list[str]] = {}
        for entry in json.loads(listing.stdout or "[]"):
            ours = [name for name in entry.get("Names") or [] if name.startswith(f"{REGISTRY}/")]
            if ours and entry["Id"] not in used and not any(name.endswith(":latest") for name in ours):
                names[entry["Id"]] = sorted(ours)
        return sorted(names.values())

    async def remove(self, names: Sequence[str]) -> None:
        """An image that a container took meanwhile stays."""
        await self.podman.call(["rmi", *names], check=False)

    async def is_current(self, name: str) -> bool:
        """Whether an image of the recipe as it is today exists."""
        image = self.recipes[name].image
        shown = await self.podman.call(
            ["image", "inspect", "--format", f'{{{{index .Labels "{RECIPE_LABEL}"}}}}', image], check=False
        )
        return shown.returncode == 0 and shown.stdout.strip() == self.recipes[name].digest

    async def outdated(self, names: Iterable[str] | None = None) -> list[str]:
        """Names of recipes (all, or ``names`` and their parents) without a current image, parents first."""
        wanted = self._with_parents(self.recipes if names is None else names)
        images = await self.images()
        return [
            name for name in wanted if name not in images or images[name].recipe != self.recipes[name].digest
        ]

    async def build(self, names: Iterable[str], progress: Progress = lambda text: None) -> None:
        """Build ``names`` in parallel, each after its parent if that is among them.

        Raises ImageBuildFailed for the first recipe that fails; the others are stopped.
        """
        ordered = self._with_parents(names, only=set(names))
        done = {name: asyncio.Event() for name in ordered}

        async def one(name: str) -> None:
            parent = self.recipes[name].parent
            if parent is not None and parent.name in done:
                await done[parent.name].wait()
            async with self.turn(name):
                await self.build_one(name, progress)
            done[name].set()

        try:
            async with asyncio.TaskGroup() as group:
                for name in ordered:
                    group.create_task(one(name))
        except* SunbeamError as failures:
            raise failures.exceptions[0] from None

    @property
    def is_building(self) -> bool:
        return self._slots.in_use

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Hold one of the ``parallel`` builders; what others wait for goes first."""
        return self._slots.slot(self._urgency(name))

    async def build_one(self, name: str, progress: Progress = lambda text: None) -> None:
        """Build one image; its parent must exist.  Raises ImageBuildFailed."""
        recipe = self.recipes[name]
        work = self.cache / name
        archives = work / "archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        (self.cache / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        context = recipe.folder
        if await end_leftovers(work):
            progress("ended a build that was left behind")
        try:
            if recipe.parent is None:
                context = await self._root_context(recipe, work, progress)
            progress(f"building image {name}")
            built = await self.podman.call(
                [
                    "build", "--layers=false", "--network=host", "--quiet",
                    "--build-arg", f"BASE={recipe.parent.digest if recipe.parent else ''}",
                    "--label", f"{RECIPE_LABEL}={recipe.digest}",
                    "--volume", f"{self.cache / 'lists'}:/var/lib/apt/lists",
                    "--volume", f"{archives}:/var/cache/apt/archives",
                    "--volume", f"{work}:/run/build",
                    "--tag", recipe.image,
                    "--tag", recipe.latest,
                    context,
                ]
            )  # fmt: skip
            image_id = built.stdout.strip().splitlines()[-1]
            if recipe.parent is None:
                progress("reading package lists")
                await self._run_in(recipe.image, ["apt-get", "update", "-qq"])
            await self.podman.call(["tag", image_id, f"{REGISTRY}/{name}:{_content_tag(recipe, work)}"])
        except ProcessFailed as failure:
            why = _reason(failure.completed)
            raise ImageBuildFailed(
                what=f"image {name} could not be built",
                where=str(recipe.folder),
                why=why,
                next_command=f"df -h {self.cache}" if FULL in why.lower() else f"sunbeam image build {name}",
            ) from failure
        progress(f"image {name} is built")

    async def copy_out(self, name: str, path: str, target: Path) -> None:
        """Copy ``path`` of image ``name`` to ``target`` (replaced whole)."""
        created = await self.podman.call(["create", "--network=none", self.recipes[name].image, "true"])
        container = created.stdout.strip()
        temporary = target.with_name(target.name + ".new")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            await self.podman.call(["cp", f"{container}:{path}", temporary])
        finally:
            await self.podman.call(["rm", "--force", container])
        await asyncio.to_thread(take_place, temporary, target)

    async def _root_context(self, recipe: Recipe, work: Path, progress: Progress) -> Path:
        """A build context with the bare Debian root file system beside the recipe's files."""
        progress("fetching Debian's base system")
        context = work / "context"
        shutil.copytree(recipe.folder, context, dirs_exist_ok=True)
        options = [f"--dpkgopt={option}" for option in DPKG_OPTIONS]
        await self.processes.run(
            [
                "mmdebstrap", "--quiet", "--variant=minbase", f"--include={BASE_PACKAGES}",
                '--aptopt=APT::Install-Recommends "false"', *options,
                SUITE, context / "rootfs.tar", *(archive.line for archive in apt_sources()),
            ]
        )  # fmt: skip
        return context

    async def _run_in(self, image: str, command: Sequence[str]) -> None:
        lists = f"{self.cache / 'lists'}:/var/lib/apt/lists"
        options = ["--rm", "--network=host", "--http-proxy=true", "--volume", lists]
        await self.podman.call(["run", *options, image, *command])

    def _urgency(self, name: str) -> int:
        """What others are built from first, then by how much is installed: large images take longest."""
        children = sum(1 for recipe in self.recipes.values() if recipe.parent and recipe.parent.name == name)
        return 1000 * children + self.recipes[name].weight

    def _with_parents(self, names: Iterable[str], only: set[str] | None = None) -> list[str]:
        ordered: dict[str, None] = {}

        def add(recipe: Recipe) -> None:
            if recipe.parent is not None:
                add(recipe.parent)
            if only is None or recipe.name in only:
                ordered[recipe.name] = None

        for name in names:
            add(self.recipes[name])
        return list(ordered)


def _content_tag(recipe: Recipe, work: Path) -> str:
    """What the image holds, as a tag: the recipe and the version of every package in it."""
    packages = work / "packages"
    text = packages.read_bytes() if packages.exists() else b""
    return hashlib.sha256(recipe.digest.encode() + text).hexdigest()[:16]


def _reason(completed: Completed) -> str:
    """The lines that matter of a failed build: apt's and dpkg's errors, else the last lines."""
    lines = (completed.stderr + "\n" + completed.stdout).strip().splitlines()
    errors = [
        line for line in lines if line.startswith(("E:", "dpkg: error", "Error:")) or FULL in line.lower()
    ]
    return "\n".join((errors or lines)[-5:])
