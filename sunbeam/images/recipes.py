"""The image recipes under images/: what exists, what each is built from, and the hash that names it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REGISTRY = "localhost/sunbeam"
RECIPE_LABEL = "sunbeam.recipe"

_PARENT = re.compile(r"^FROM\s+(?:localhost/sunbeam/(?P<name>[\w-]+):\S+|scratch)\s*$", re.MULTILINE)

_WEIGHT = re.compile(r"^# weight: (?P<seconds>\d+) s, (?P<size>\d+) MB$", re.MULTILINE)
WEIGHT_UNKNOWN = 10


@dataclass(frozen=True)
class Recipe:
    """One folder of images/: a Containerfile and the files it copies."""

    name: str
    folder: Path
    parent: Recipe | None = None

    @property
    def image(self) -> str:
        """The reference Terraform modules use: another recipe is another image, which its pods then run."""
        return f"{REGISTRY}/{self.name}:{self.digest}"

    @property
    def latest(self) -> str:
        """The reference that moves with each build: a machine takes it when it is made."""
        return f"{REGISTRY}/{self.name}:latest"

    @cached_property
    def weight(self) -> int:
        """Seconds that a build takes on two cores, one of two at a time: ``# weight: SECONDS s, SIZE MB``."""
        found = self._measured
        return int(found["seconds"]) if found else WEIGHT_UNKNOWN

    @cached_property
    def size(self) -> int | None:
        """Bytes of the image with its parents' layers when it was last measured; None: never."""
        found = self._measured
        return int(found["size"]) * 1_000_000 if found else None

    @cached_property
    def _measured(self) -> re.Match[str] | None:
        return _WEIGHT.search((self.folder / "Containerfile").read_text())

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 (16 digits) over the recipe's files and those of all its parents.

        Comments of a Containerfile do not count: a better one builds no image anew.
        """
        sha = hashlib.sha256(self.parent.digest.encode() if self.parent else b"")
        for file in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            content = file.read_bytes()
            if file.name == "Containerfile":
                content = b"\n".join(line for line in content.splitlines() if not line.startswith(b"#"))
            sha.update(file.relative_to(self.folder).as_posix().encode() + b"\0" + content)
        return sha.hexdigest()[:16]


def load_recipes(folder: Path) -> dict[str, Recipe]:
    """All recipes of ``folder`` by name, parents first.

    Raises ValueError if a Containerfile has no parent it may have, or parents form a circle.
    """
    parents: dict[str, str | None] = {}
    for containerfile in sorted(folder.glob("*/Containerfile")):
        found = _PARENT.search(containerfile.read_text())
        if found is None:
            raise ValueError(f"{containerfile}: needs FROM scratch or FROM {REGISTRY}/NAME:${{BASE}}")
        parents[containerfile.parent.name] = found["name"]

    recipes: dict[str, Recipe] = {}

    def resolve(name: str, below: tuple[str, ...] = ()) -> Recipe:
        if name in below or name not in parents:
            raise ValueError(f"{folder / below[-1]}: cannot be built from {name!r}")
        if name not in recipes:
            parent = parents[name]
            recipes[name] = Recipe(name, folder / name, resolve(parent, (*below, name)) if parent else None)
        return recipes[name]

    for name in parents:
        resolve(name)
    return recipes
