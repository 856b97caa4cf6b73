"""Charms as files that Terraform deploys."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sunbeam.core.shipped import shipped
from sunbeam.core.snapshot import replace_file
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
    rehearsable = True

    async def act(self, context: Context) -> None:
        """A file that is the same already is left alone."""
        context.host.make_folder(context.paths.charms)
        async with packed_aside() as packed:
            for file in sorted(packed.iterdir()):
                target, content = context.paths.charms / file.name, file.read_bytes()
                if not (target.exists() and target.read_bytes() == content):
                    context.host.act("pack", str(target), partial(replace_file, target, content, 0o644))


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
        pack_charm(folder, shipped("charms") / "lib", target / f"{folder.name}.charm")
