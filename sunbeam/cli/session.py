"""What a command runs a change with: the real seams, the journal of this node, a renderer."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer

from sunbeam.core.clock import SystemClock
from sunbeam.core.engine import Change, Engine
from sunbeam.core.errors import Interrupted, UsageError
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor

T = TypeVar("T")


class Output(StrEnum):
    """How progress is shown."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", help="Show progress as text or as JSON lines.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only list what would be done.")]


@dataclass(frozen=True)
class Node:
    """This node's seams, shared by everything a command does."""

    paths: Paths
    processes: SystemProcesses
    clock: SystemClock
    redactor: Redactor


def this_node() -> Node:
    return Node(Paths(), SystemProcesses(), SystemClock(), Redactor())


def require_root() -> None:
    """Raises UsageError unless the command runs as root."""
    if os.geteuid() != 0:
        raise UsageError(
            "Not root",
            why="Sunbeam sets up networks, containers and services of this machine",
            next_command=f"sudo {' '.join(['sunbeam', *sys.argv[1:]])}",
        )


def run_change(
    change: Callable[[Node], Change],
    *,
    output: Output = Output.TEXT,
    dry_run: bool = False,
) -> None:
    """Do the change (or list its tasks in a dry run) with progress on the terminal.

    Raises what ``Engine.run`` raises and ChangeLocked.
    """
    from sunbeam.cli.render import renderer

    require_root()
    node = this_node()
    with change_lock(node.paths.run / "change.lock"):
        journal = Journal(node.paths.journal)
        try:
            host = Host(node.processes, journal, node.paths, node.clock, node.redactor, dry_run=dry_run)
            wanted = change(node)
            with renderer(output, journal.expected_seconds(wanted.kind)) as listener:
                engine = Engine(journal, host, node.paths, node.clock, node.redactor, listener)
                if dry_run:
                    for task in run(engine.plan(wanted)):
                        typer.echo(f"would do: {task.title}")
                else:
                    run(engine.run(wanted))
        finally:
            journal.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """asyncio.run in which SIGTERM ends like Ctrl-C.  Raises Interrupted for both."""

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    with _interruptible():
        return asyncio.run(guarded())


@contextmanager
def _interruptible() -> Any:
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("Interrupted", next_command="the same command again; it continues") from None
