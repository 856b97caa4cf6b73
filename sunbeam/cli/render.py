"""Shows events of a change: a live view on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from sunbeam.cli.session import Output
from sunbeam.core.clock import Clock
from sunbeam.core.errors import Problem
from sunbeam.core.events import (
    Awaiting,
    ChangeFinished,
    ChangeStarted,
    Event,
    Heartbeat,
    Listener,
    ProblemFound,
    TaskFinished,
    TaskProgress,
    TaskStarted,
)

HEARTBEAT_SECONDS = 15.0
MARKS = {"done": "✓", "unchanged": "=", "failed": "✗", "held": "?", "undone": "↩"}


@contextmanager
def renderer(output: Output, expected: Mapping[str, float]) -> Iterator[Listener]:
    """The listener for ``output`` and this terminal; ``expected``: seconds by task from past runs."""
    if output is Output.JSON:
        yield lambda event: say(json.dumps(event.as_dict()))
    elif sys.stdout.isatty():
        with _live(expected) as listener:
            yield listener
    else:
        yield Plain()


async def with_heartbeat(work: Coroutine[Any, Any, None], listener: Listener, clock: Clock) -> None:
    """Do ``work``; tell ``listener`` that we live, every 15 seconds."""

    async def beat() -> None:
        while True:
            await clock.sleep(HEARTBEAT_SECONDS)
            listener(Heartbeat(0))

    beating = asyncio.create_task(beat())
    try:
        await work
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


class Running:
    """A task at work: since when, and what it said or awaits last, and since when that."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.began = time.monotonic()
        self.text = ""
        self.said = self.began

    def say(self, text: str) -> None:
        self.text, self.said = text, time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def awaits(self) -> str:
        """``nova/0: waiting for the database (12 s)``."""
        quiet = time.monotonic() - self.said
        return f"{self.text} ({quiet:.0f} s)" if self.text and quiet >= 5 else self.text


class Progress:
    """What a view needs to know of a change."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.total = self.finished = 0
        self.running: dict[str, Running] = {}

    def take(self, event: Event) -> None:
        if isinstance(event, ChangeStarted):
            self.total = len(event.tasks)
        elif isinstance(event, TaskStarted):
            self.running[event.task] = Running(event.title)
        elif isinstance(event, TaskProgress) and event.task in self.running:
            self.running[event.task].say(event.text)
        elif isinstance(event, Awaiting) and event.task in self.running:
            self.running[event.task].say(awaited(event))
        elif isinstance(event, TaskFinished):
            self.running.pop(event.task, None)
            self.finished += 1


def say(line: str) -> None:
    """Print; a reader that has gone away (``| head``) does not stop the work."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def awaited(event: Awaiting) -> str:
    return f"{event.unit}: {event.what}" if event.unit else event.what


def finished_line(event: TaskFinished) -> str:
    line = f"{MARKS.get(event.status, '-')} {event.title}"
    return f"{line} ({event.seconds:.1f} s)" if event.seconds >= 0.1 else line


def started_line(event: ChangeStarted) -> str:
    return f"Continue: {event.title}" if event.resumed else event.title


def warning_line(event: ProblemFound) -> str:
    return str(Problem(event.what, event.where, event.why, event.next_command, "warning"))


class Plain:
    """A line when something happens, and one at least every 15 seconds."""

    def __init__(self) -> None:
        self._progress = Progress()

    def __call__(self, event: Event) -> None:
        self._progress.take(event)
        if isinstance(event, ProblemFound) and event.severity == "warning":
            self._say(warning_line(event))
        elif isinstance(event, ChangeStarted):
            self._say(started_line(event))
        elif isinstance(event, TaskProgress):
            self._say(f"  {event.text}")
        elif isinstance(event, Awaiting):
            self._say(f"  waiting: {awaited(event)}")
        elif isinstance(event, TaskFinished):
            self._say(finished_line(event))
        elif isinstance(event, ChangeFinished) and event.status == "done":
            self._say(f"Done in {event.seconds:.1f} s")
        elif isinstance(event, Heartbeat):
            self._still()

    def _still(self) -> None:
        for each in self._progress.running.values():
            said = f": {each.awaits}" if each.text else ""
            self._say(f"  still: {each.title}, {each.seconds:.0f} s{said}")

    def _say(self, text: str) -> None:
        say(f"[{time.monotonic() - self._progress.began:6.1f}] {text}")


@contextmanager
def _live(expected: Mapping[str, float]) -> Iterator[Listener]:
    """Finished tasks scroll by; below them what runs now, for how long, and what it awaits."""
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    progress = Progress()
    console = Console()

    def view() -> Table:
        table = Table.grid(padding=(0, 1))
        for task, running in list(progress.running.items()):
            elapsed = f"{running.seconds:.0f} s"
            if (usual := expected.get(task, 0.0)) >= 1:
                elapsed += f" of about {usual:.0f} s"
            said = Text(running.awaits, "dim", no_wrap=True, overflow="ellipsis")
            table.add_row(Text("●", "cyan"), Text(running.title), Text(elapsed, "dim"), said)
        if progress.total:
            total = time.monotonic() - progress.began
            table.add_row("", Text(f"{progress.finished} of {progress.total} tasks, {total:.0f} s", "dim"))
        return table

    with Live(get_renderable=view, console=console, refresh_per_second=4, transient=True) as live:

        def listen(event: Event) -> None:
            progress.take(event)
            if isinstance(event, ProblemFound) and event.severity == "warning":
                live.console.print(Text(warning_line(event), "yellow"))
            elif isinstance(event, ChangeStarted):
                live.console.print(Text(started_line(event), "bold"))
            elif isinstance(event, TaskFinished):
                style = {"done": "green", "failed": "red"}.get(event.status, "dim")
                live.console.print(Text(finished_line(event), style))
            elif isinstance(event, ChangeFinished) and event.status == "done":
                live.console.print(Text(f"Done in {event.seconds:.1f} s", "bold green"))

        yield listen
