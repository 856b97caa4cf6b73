"""Shows events of a change: a live view on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sunbeam.cli.session import Output
from sunbeam.core.events import (
    ChangeFinished,
    ChangeStarted,
    Event,
    Listener,
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
        yield lambda event: print(json.dumps(event.as_dict()), flush=True)
    elif sys.stdout.isatty():
        with _live(expected) as listener:
            yield listener
    else:
        with _plain() as listener:
            yield listener


class Progress:
    """What a view needs to know: which tasks run, since when, and what they said last."""

    def __init__(self, expected: Mapping[str, float]) -> None:
        self.expected = expected
        self.began = time.monotonic()
        self.title = ""
        self.total = self.finished = 0
        self.running: dict[str, tuple[str, float, str]] = {}

    def take(self, event: Event) -> None:
        if isinstance(event, ChangeStarted):
            self.title, self.total = event.title, len(event.tasks)
        elif isinstance(event, TaskStarted):
            self.running[event.task] = (event.title, time.monotonic(), "")
        elif isinstance(event, TaskProgress) and event.task in self.running:
            title, began, _ = self.running[event.task]
            self.running[event.task] = (title, began, event.text)
        elif isinstance(event, TaskFinished):
            self.running.pop(event.task, None)
            self.finished += 1


def finished_line(event: TaskFinished) -> str:
    line = f"{MARKS.get(event.status, '-')} {event.title}"
    return f"{line} ({event.seconds:.1f} s)" if event.seconds >= 0.1 else line


@contextmanager
def _plain() -> Iterator[Listener]:
    """A line when something happens, and one at least every 15 seconds."""
    progress = Progress({})
    spoke = threading.Event()
    ended = threading.Event()

    def say(text: str) -> None:
        spoke.set()
        print(f"[{time.monotonic() - progress.began:6.1f}] {text}", flush=True)

    def listen(event: Event) -> None:
        progress.take(event)
        if isinstance(event, ChangeStarted):
            say(("Continue: " if event.resumed else "") + event.title)
        elif isinstance(event, TaskProgress):
            say(f"  {event.text}")
        elif isinstance(event, TaskFinished):
            say(finished_line(event))

    def heartbeat() -> None:
        while not ended.is_set():
            spoke.clear()
            if ended.wait(HEARTBEAT_SECONDS) or spoke.is_set():
                continue
            for title, began, text in list(progress.running.values()):
                say(f"  still: {title}, {time.monotonic() - began:.0f} s{': ' + text if text else ''}")

    beat = threading.Thread(target=heartbeat, daemon=True)
    beat.start()
    try:
        yield listen
    finally:
        ended.set()
        beat.join()


@contextmanager
def _live(expected: Mapping[str, float]) -> Iterator[Listener]:
    """Finished tasks scroll by; below them what runs now, for how long, and what it awaits."""
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    progress = Progress(expected)
    console = Console()

    def view() -> Table:
        table = Table.grid(padding=(0, 1))
        for task, (title, began, text) in list(progress.running.items()):
            elapsed = f"{time.monotonic() - began:.0f} s"
            usual = progress.expected.get(task, 0.0)
            if usual >= 1:
                elapsed += f" of about {usual:.0f} s"
            table.add_row(Text("●", "cyan"), Text(title), Text(elapsed, "dim"), Text(text, "dim"))
        total = time.monotonic() - progress.began
        table.add_row("", Text(f"{progress.finished} of {progress.total} tasks, {total:.0f} s", "dim"))
        return table

    with Live(get_renderable=view, console=console, refresh_per_second=4, transient=True) as live:

        def listen(event: Event) -> None:
            progress.take(event)
            if isinstance(event, ChangeStarted):
                live.console.print(Text(("Continue: " if event.resumed else "") + event.title, "bold"))
            elif isinstance(event, TaskFinished):
                style = {"done": "green", "failed": "red"}.get(event.status, "dim")
                live.console.print(Text(finished_line(event), style))
            elif isinstance(event, ChangeFinished) and event.status == "done":
                live.console.print(Text(f"Done in {event.seconds:.1f} s", "bold green"))

        yield listen
