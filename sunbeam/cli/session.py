"""What a command runs a change with: the real seams, the journal of this node, a renderer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypeVar

import typer

from sunbeam.core.clock import SystemClock
from sunbeam.core.command import this_command
from sunbeam.core.engine import Change, Engine
from sunbeam.core.errors import Interrupted, UsageError
from sunbeam.core.event_log import EventLog
from sunbeam.core.events import ChangePreviewed, Event, Listener
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor

T = TypeVar("T")


class Output(StrEnum):
    """How progress is shown: ``quiet`` is the last line only, ``verbose`` every step."""

    TEXT = "text"
    QUIET = "quiet"
    VERBOSE = "verbose"
    JSON = "json"

    @property
    def for_people(self) -> bool:
        return self is not Output.JSON


OutputOption = Annotated[Output, typer.Option("--output", help="How to show progress.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only list what would be done.")]


@dataclass(frozen=True)
class Node:
    """This node's seams, shared by everything a command does."""

    paths: Paths
    processes: SystemProcesses
    clock: SystemClock
    redactor: Redactor


def this_node() -> Node:
    """SUNBEAM_ROOT is another folder for all of this node's, for tests."""
    root = Path(os.environ.get("SUNBEAM_ROOT", "/"))
    return Node(Paths(root), SystemProcesses(), SystemClock(), Redactor())


def require_root() -> None:
    """Raises UsageError unless the command runs as root."""
    if os.geteuid() != 0:
        raise UsageError(
            "Not root",
            why="Sunbeam sets up networks, containers and services of this machine",
            next_command=f"sudo {this_command()}",
        )


def run_change(
    change: Callable[[Node], Change],
    *,
    output: Output = Output.TEXT,
    dry_run: bool = False,
) -> None:
    """Do the change with progress on the terminal; in a dry run list what would be done.

    ``change`` is called when this process holds the lock.  Raises what ``Engine.run`` does and ChangeLocked.
    """
    require_root()
    node = this_node()
    if dry_run:
        _list(change, node, output)
    else:
        with change_lock(node.paths.change_lock), _journal(node.paths.journal) as journal:
            _do(change, node, journal, output)


def _do(change: Callable[[Node], Change], node: Node, journal: Journal, output: Output) -> None:
    from sunbeam.cli.logs import log_to
    from sunbeam.cli.render import renderer, with_heartbeat

    host = Host(node.processes, journal, node.paths, node.clock, node.redactor)
    with ExitStack() as stack:
        stack.enter_context(log_to(node.paths.logs / "sunbeam.log", node.redactor))
        wanted = change(node)
        show = stack.enter_context(renderer(output))
        event_log = stack.enter_context(EventLog(node.paths.change_logs))
        listener = _both(show, event_log)
        engine = Engine(
            journal, host, node.paths, node.clock, node.redactor, listener, command=this_command()
        )
        run(with_heartbeat(engine.run(wanted), show, node.clock))


def _list(change: Callable[[Node], Change], node: Node, output: Output) -> None:
    """Nothing is written, not even a journal where there is none."""
    from sunbeam.cli.preview import show_preview
    from sunbeam.cli.render import renderer
    from sunbeam.core.preview import preview

    with TemporaryDirectory(prefix="sunbeam-") as scratch:
        path = node.paths.journal if node.paths.journal.exists() else Path(scratch) / "journal.db"
        with _journal(path) as journal, renderer(output) as listener:
            host = Host(node.processes, journal, node.paths, node.clock, node.redactor, dry_run=True)
            engine = Engine(
                journal, host, node.paths, node.clock, node.redactor, listener, command=this_command()
            )
            found = run(preview(engine, change(node), journal))
            if output is Output.JSON:
                listener(ChangePreviewed(0, found))
            else:
                show_preview(found, verbose=output is Output.VERBOSE)


def _both(first: Listener, second: Listener) -> Listener:
    def listen(event: Event) -> None:
        first(event)
        second(event)

    return listen


@contextmanager
def _journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    try:
        yield journal
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
def _interruptible() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("Interrupted", next_command=this_command()) from None
