"""Charms as files that Terraform deploys."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sunbeam.core.foresight import Foresight, Touch
from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context, Task
from sunbeam.core.threads import in_thread
from sunbeam.operators.packing import pack_charm


class PackCharms(Task):
    """Every charm with the shared library, as a ``.charm`` file; the same sources give the same bytes."""

    id = "charms"
    title = "Pack charms"
    needs = ("settings",)
    phase = "Prepare the machine"
    typical_seconds = 1.0

    async def act(self, context: Context) -> None:
        context.host.make_folder(context.paths.charms)
        for folder in charm_folders():
            target = context.paths.charms / f"{folder.name}.charm"
            context.host.act("pack", str(target), partial(_pack, folder, target))

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        async with packed_aside() as packed:
            targets = {file: context.paths.charms / file.name for file in sorted(packed.iterdir())}
            new = [there for file, there in targets.items() if not _same(file, there)]
        return Foresight(changes=bool(new), touches=tuple(Touch("file", "pack", str(each)) for each in new))


def charm_folders() -> list[Path]:
    return sorted(file.parent for file in shipped("charms").glob("*/charmcraft.yaml"))


@asynccontextmanager
async def packed_aside() -> AsyncIterator[Path]:
    """A folder with every charm packed, which is thrown away."""
    with tempfile.TemporaryDirectory(prefix="sunbeam-charms-") as scratch:
        folder = Path(scratch)
        await in_thread(_pack_all, folder)
        yield folder


def _pack_all(target: Path) -> None:
    for folder in charm_folders():
        _pack(folder, target / f"{folder.name}.charm")


def _same(file: Path, other: Path) -> bool:
    return other.exists() and file.read_bytes() == other.read_bytes()


def _pack(folder: Path, target: Path) -> None:
    pack_charm(folder, shipped("charms") / "lib", target)
