"""How a command makes a change: a worker does it, the command shows how it goes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from sunbeam.core.command import this_command
from sunbeam.core.engine import Change
from sunbeam.core.errors import UsageError
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.lock import ChangeLocked, holder
from sunbeam.core.making import Deed, Making
from sunbeam.core.node import Node, this_node
from sunbeam.core.paths import Paths
from sunbeam.core.request import Request
from sunbeam.core.running import run
from sunbeam.core.watching import (
    ChangeEnded,
    Interrupts,
    cut_off,
    follow_other,
    follow_worker,
    interrupt,
    maker,
)

__all__ = ["Node", "run", "this_node"]


class Output(StrEnum):
    """How progress is shown: ``quiet`` is the last line only, ``verbose`` every step."""

    TEXT = "text"
    QUIET = "quiet"
    VERBOSE = "verbose"
    JSON = "json"

    @property
    def for_people(self) -> bool:
        return self is not Output.JSON

    @property
    def explains(self) -> bool:
        """Whether a person wants to read more than how it ended."""
        return self in (Output.TEXT, Output.VERBOSE)


OutputOption = Annotated[Output, typer.Option("--output", help="How to show progress.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only list what would be done.")]


def require_root(why: str = "Sunbeam sets up networks, containers and services of this machine") -> None:
    """Raises UsageError unless the command runs as root."""
    if os.geteuid() != 0:
        raise UsageError(
            "Not root",
            why=why,
            next_command=f"sudo {this_command()}",
            id="root-needed",
        )


def run_change(request: Request, *, output: Output = Output.TEXT, dry_run: bool = False) -> None:
    """Do what is asked for in a worker, with progress here; in a dry run list what would be done.

    If it is being done already, that is followed.  Raises what ``Engine.run`` does and ChangeLocked.
    """
    require_root()
    node = this_node()
    if dry_run:
        from sunbeam.cli.preview import show_request

        show_request(node, request, output)
        return
    making = Making(node, partial(_build, request=request), this_command())
    _make(making, output, lambda running: _wants(running, request))


def go_on(record: ChangeRecord, deed: Deed, output: Output, *, undoing: bool = False) -> None:
    """Do ``deed`` with a recorded change, which is built again, in a worker.  Raises as ``run_change``.

    ``undoing`` is which way that leads: if it goes that way already, that is followed.
    """
    require_root()
    request = Request(record.kind, record.intent)
    making = Making(this_node(), partial(_build, request=request), this_command(), deed)
    _make(making, output, lambda running: running.id == record.id and running.undoing == undoing)


def _make(making: Making, output: Output, same: Callable[[ChangeRecord], bool]) -> None:
    """Start a worker and show what it does; if another makes the ``same`` change, show that."""
    from sunbeam.cli.render import renderer

    try:
        with Interrupts() as interrupts:
            worker = making.start()
            interrupts.stop_by(worker.interrupt)
            with renderer(output) as show:
                follow_worker(worker, show)
    except ChangeLocked:
        running = _running(making.node.paths)
        if running is None or not same(running):
            raise
        watch(running.id, output)


def watch(change: int, output: Output = Output.TEXT) -> None:
    """Show the last run of a change from its beginning, and what follows until it ends.

    Raises SunbeamError with the exit code that the change ends with.
    """
    from sunbeam.cli.render import renderer

    paths = this_node().paths
    with Interrupts() as interrupts, renderer(output) as show:
        interrupts.stop_by(lambda: interrupt(maker(paths, change)))
        finished = follow_other(paths, change, show)
    if finished is None:
        raise cut_off(f"no process makes change {change} any more", "sunbeam resume")
    if finished.error:
        raise ChangeEnded(finished)


def _build(node: Node, request: Request) -> Change:
    from sunbeam.tasks.catalogue import build

    return build(node, request)


def _running(paths: Paths) -> ChangeRecord | None:
    """The change that is being made now."""
    found = holder(paths.change_lock)
    if found is None or not found.change:
        return None
    with closing(Journal(paths.journal)) as journal:
        return journal.change(found.change)


def _wants(record: ChangeRecord, request: Request) -> bool:
    return (record.kind, record.intent) == (request.kind, request.intent) and not record.undoing
