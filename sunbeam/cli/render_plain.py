"""Lines for logs and pipes: one when something happens, and one at least every 15 seconds."""

from __future__ import annotations

import os
import sys

from sunbeam.cli.render_text import (
    WORTH_TELLING,
    about,
    ended_line,
    finished_line,
    plural,
    running_sentence,
    started_line,
)
from sunbeam.core.events import (
    Awaiting,
    ChangeFinished,
    ChangeStarted,
    ChangeStopping,
    Event,
    Heartbeat,
    HostChanged,
    ProblemFound,
    TaskFinished,
    TaskProgress,
    UnitAwaited,
)
from sunbeam.core.progress import Progress, awaited

PAUSE_SECONDS = 5.0
"""Between two lines on the progress of one task."""
NAMED = 2
"""Tasks that a heartbeat names."""


def say(line: str) -> None:
    """Print; a reader that has gone away (``| head``) does not stop the work."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Plain:
    """Begins, ends, warnings and progress; ``verbose`` adds every step, hook and change of the machine."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._progress = Progress()
        self._verbose = verbose
        self._began = 0.0
        self._last_said: dict[str, float] = {}

    def tick(self) -> None:
        """Lines do not change with time."""

    def __call__(self, event: Event) -> None:
        self._progress.take(event)
        self._began = self._began or self._progress.now
        if isinstance(event, ProblemFound) and event.severity == "warning":
            self._say(str(event.problem))
        elif isinstance(event, ChangeStarted):
            self._began = self._progress.now
            self._say(started_line(event))
            self._expect()
        elif isinstance(event, TaskProgress):
            self._step(event.task, event.text)
        elif isinstance(event, Awaiting):
            self._step(event.task, f"waiting: {awaited(event)}")
        elif isinstance(event, UnitAwaited) and event.what and self._verbose:
            self._say(f"  {event.unit}: {event.what}")
        elif isinstance(event, HostChanged) and self._verbose:
            self._say(f"  {event.verb}: {event.target}")
        elif isinstance(event, TaskFinished):
            self._say(finished_line(event))
        elif isinstance(event, ChangeStopping):
            self._say(f"Stopping: {plural(len(list(self._progress.at_work())), 'task')} to end")
        elif isinstance(event, ChangeFinished):
            self._say(ended_line(event))
        elif isinstance(event, Heartbeat):
            self._still()

    def _expect(self) -> None:
        seconds = self._progress.remaining(self._progress.now).seconds
        if seconds >= WORTH_TELLING:
            self._say(f"  {plural(len(self._progress.tasks), 'task')}, {about(seconds)}")

    def _step(self, task: str, text: str) -> None:
        """A task that reports often is heard every few seconds."""
        now = self._progress.now
        if self._verbose or now - self._last_said.get(task, 0.0) >= PAUSE_SECONDS:
            self._last_said[task] = now
            self._say(f"  {text}")

    def _still(self) -> None:
        now, running = self._progress.now, list(self._progress.at_work())
        if not running:
            return
        named = "; ".join(running_sentence(task, now) for task in running[:NAMED])
        more = f"; {plural(len(running) - NAMED, 'more task')}" if len(running) > NAMED else ""
        left = self._progress.remaining(now).seconds
        rest = f", {about(left)} left" if left >= WORTH_TELLING else ""
        done = f"{self._progress.finished} of {len(self._progress.tasks)} tasks done{rest}"
        self._say(f"  still: {named}{more}; {done}")

    def _say(self, text: str) -> None:
        say(f"[{max(self._progress.now - self._began, 0.0):6.1f}] {text}")


class Quiet:
    """The last line only; errors go to standard error whatever is shown here."""

    def tick(self) -> None:
        """Nothing moves."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, ChangeFinished):
            say(ended_line(event))
