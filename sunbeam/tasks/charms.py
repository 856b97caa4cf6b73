"""Charms as files that Terraform deploys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context, Task
from sunbeam.operators.packing import pack_charm


class PackCharms(Task):
    """Every charm with the shared library, as a ``.charm`` file; the same sources give the same bytes."""

    id = "charms"
    title = "Pack charms"
    needs = ("settings",)

    async def act(self, context: Context) -> None:
        context.host.make_folder(context.paths.charms)
        for folder in charm_folders():
            target = context.paths.charms / f"{folder.name}.charm"
            context.host.act("pack", str(target), partial(_pack, folder, target))


def charm_folders() -> list[Path]:
    return sorted(file.parent for file in shipped("charms").glob("*/charmcraft.yaml"))


def _pack(folder: Path, target: Path) -> None:
    pack_charm(folder, shipped("charms") / "lib", target)
