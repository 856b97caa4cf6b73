"""The ``local_charm`` block: a packed charm on disk, refreshed when its content changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sunbeam.juju.charms import LocalCharm, read_local_charm, sha256_of
from sunbeam.juju.errors import JujuError
from sunbeam.provider.diagnostics import failure
from sunbeam.provider.values import UNKNOWN, Object, known

PATH = ("local_charm", 0, "path")


async def adjust(plan: Object, config: Object, charm_file: Callable[[str], Path] = Path) -> LocalCharm | None:
    """Plan the hashes of the file as it is now: a difference to the state becomes an update.

    ``charm_file`` is where the charm of a configured path is read.
    Raises ProviderError when the file is missing or is another charm.
    """
    if not plan.get("local_charm"):
        return None
    block, configured = plan["local_charm"][0], config["local_charm"][0]
    if not known(block["path"]):
        block["path_hash"] = block["origin_hash"] = UNKNOWN
        return None
    try:
        charm = await asyncio.to_thread(read_local_charm, charm_file(block["path"]))
    except JujuError as error:
        raise failure("Cannot read the packed charm", f"{block['path']}: {error.why}.", PATH) from error
    if known(block["name"]) and charm.name != block["name"]:
        raise failure(
            "Another charm", f"{block['path']} holds charm {charm.name}, not {block['name']}.", PATH
        )
    block["path_hash"] = block["origin_hash"] = charm.sha256
    if configured.get("base") is None and not known(block.get("base")):
        block["base"] = charm.base
    return charm


def check_unchanged(block: Object) -> None:
    """The file must still be what was planned.  Raises ProviderError."""
    if known(block.get("path_hash")) and sha256_of(Path(block["path"])) != block["path_hash"]:
        raise failure(
            "The packed charm changed", f"{block['path']} is not what was planned; plan again.", PATH
        )
