"""``sunbeam attach``: watch a change that another terminal began."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from sunbeam.cli.records import read_records
from sunbeam.cli.session import Output, OutputOption, require_root, watch
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.lock import holder
from sunbeam.core.node import this_node
from sunbeam.core.paths import Paths
from sunbeam.tasks.recorded import find

app = typer.Typer(rich_markup_mode=None, add_completion=False)

LOOK_SECONDS = 0.1


@app.command()
@verbosity
def attach(
    change: Annotated[
        int | None, typer.Argument(help="The change's id.  [default: the running one, else the newest]")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Follow a running change from its beginning, and end with its exit code.

    Of one that is over, show how it went.  As in the command that began it, Ctrl-C stops the change; closing
    the terminal does not.
    """
    require_root()
    paths = this_node().paths
    number = change or _running(paths)
    watch(find(read_records(paths), number).id, output)


def _running(paths: Paths) -> int | None:
    """The running change; one that just looks at the machine has no number yet."""
    while (found := holder(paths.change_lock)) is not None and not found.change:
        time.sleep(LOOK_SECONDS)
    return found.change if found else None
