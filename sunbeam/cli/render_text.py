"""Words and numbers that all renderers share."""

from __future__ import annotations

from sunbeam.core.events import ChangeFinished, ChangeStarted, TaskFinished
from sunbeam.core.progress import TaskState

MARKS = {"done": "✓", "unchanged": "=", "failed": "✗", "held": "?", "undone": "↩"}
WORTH_TELLING = 5.0
"""Seconds: an estimate below is no news."""


def duration(seconds: float) -> str:
    """``7 s``, ``3:12``, ``1:02:03``."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """An estimate, no more exact than it is: ``about 40 s``, ``about 4 min``."""
    if seconds < 60:
        return f"about {max(round(seconds / 10), 1) * 10} s"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def finished_line(event: TaskFinished) -> str:
    line = f"{MARKS.get(event.status, '-')} {event.title}"
    return f"{line} ({event.seconds:.1f} s)" if event.seconds >= 0.1 else line


def started_line(event: ChangeStarted) -> str:
    return f"Continue: {event.title}" if event.resumed else event.title


def ended_line(event: ChangeFinished) -> str:
    words = {"done": "Done in", "undone": "Undone in", "held": "Waits for a person after"}
    return f"{words.get(event.status, f'{event.status.capitalize()} after')} {event.seconds:.1f} s"


def running_sentence(task: TaskState, now: float) -> str:
    """``Wait for the control plane, 74 s: nova/0: executing: running install hook (and 3 more)``."""
    said = ""
    if awaited := task.awaited():
        unit, what = awaited[0]
        others = f" (and {len(awaited) - 1} more)" if len(awaited) > 1 else ""
        said = f": {unit}: {what.text}{others}"
    elif task.said is not None:
        quiet = now - task.said.since
        said = f": {task.said.text}" + (f" ({duration(quiet)})" if quiet >= WORTH_TELLING else "")
    return f"{task.title}, {duration(now - task.began)}{said}"
