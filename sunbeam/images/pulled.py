"""Images that are pulled by reference instead of being built."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sunbeam.images.builder import Podman
from sunbeam.images.recipes import Recipe


@dataclass(frozen=True)
class PulledImage(Recipe):
    """Stands for a recipe: ``reference`` is what podman pulls, and what its tag here is a hash of."""

    reference: str = ""

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.reference.encode()).hexdigest()[:16]


def with_references(recipes: Mapping[str, Recipe], references: Mapping[str, str]) -> dict[str, Recipe]:
    """The recipes, with a pulled image for each reference."""
    return {
        name: PulledImage(name, recipe.folder, recipe.parent, references[name])
        if name in references
        else recipe
        for name, recipe in recipes.items()
    }


def to_build(recipes: Mapping[str, Recipe]) -> set[str]:
    """Names of the recipes that are not pulled, without those from which only pulled ones are made."""
    parents = {recipe.parent.name for recipe in recipes.values() if recipe.parent}
    needed: set[str] = set()
    for name in recipes.keys() - parents:
        recipe: Recipe | None = recipes[name]
        while recipe is not None and not isinstance(recipe, PulledImage):
            needed.add(recipe.name)
            recipe = recipe.parent
    return needed


async def is_pulled(podman: Podman, image: PulledImage) -> bool:
    """Whether it is in our storage under both of its names."""
    shown = [
        await podman.call(["image", "inspect", "--format", "{{.Id}}", name], check=False)
        for name in (image.image, image.latest)
    ]
    return all(each.returncode == 0 for each in shown) and shown[0].stdout == shown[1].stdout


async def pull(podman: Podman, image: PulledImage) -> None:
    """Raises ProcessFailed."""
    pulled = await podman.call(["pull", "--quiet", image.reference])
    await podman.call(["tag", pulled.stdout.strip().splitlines()[-1], image.image, image.latest])
