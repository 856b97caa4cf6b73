"""The view of a change on a terminal: a picture of what runs, below what is over and what was said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from rich.text import Text

from sunbeam.cli.render_frame import Frame, Size
from sunbeam.cli.render_text import ended_line, finished_line, started_line
from sunbeam.cli.render_view import ended, picture
from sunbeam.core.events import (
    ChangeFinished,
    ChangeStarted,
    Event,
    HostChanged,
    ProblemFound,
    TaskFinished,
    UnitAwaited,
)
from sunbeam.core.progress import Progress
from sunbeam.core.status import TaskStatus

LEAST_SECONDS = 0.1
"""Between two pictures: many events at a time make one."""


class Live:
    """Takes events; ``tick`` lets time pass in the picture."""

    def __init__(
        self,
        stream: TextIO,
        *,
        verbose: bool = False,
        now: Callable[[], float] = time.time,
        size: Size | None = None,
    ) -> None:
        self._frame = Frame(stream, size)
        self._progress = Progress()
        self._verbose = verbose
        self._now = now
        self._above: list[Text] = []
        self._folded: set[str] = set()
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, ChangeStarted):
            self._folded.clear()
        self._progress.take(event)
        self._above += self._told(event)
        if isinstance(event, ChangeFinished) or self._now() - self._drawn >= LEAST_SECONDS:
            self.tick()

    def say(self, line: str) -> None:
        """Put a line above the picture."""
        self._above.append(Text(line))
        self.tick()

    def tick(self) -> None:
        self._drawn = now = self._now()
        running = self._progress.tasks and self._progress.end is None
        lines = picture(self._progress, now, *self._frame.size) if running else []
        above, self._above = self._above, []
        self._frame.draw(lines, above)

    def close(self) -> None:
        """What was said stays; the picture goes."""
        above, self._above = self._above, []
        self._frame.draw([], above)

    def _told(self, event: Event) -> list[Text]:
        """Lines that stay."""
        if isinstance(event, ProblemFound) and event.severity == "warning":
            return [Text(str(event.problem), "yellow")]
        if isinstance(event, ChangeStarted):
            return [Text(started_line(event), "bold")]
        if isinstance(event, HostChanged) and self._verbose:
            return [Text(f"  {event.verb}: {event.target}", "dim")]
        if isinstance(event, UnitAwaited) and event.what and self._verbose:
            return [Text(f"  {event.unit}: {event.what}", "dim")]
        if isinstance(event, TaskFinished) and event.status == "failed":
            return [Text(finished_line(event), "bold red"), *self._over()]
        if isinstance(event, ChangeFinished):
            style = "bold green" if event.status in ("done", "undone") else "bold red"
            return [*self._over(), *self._cut_off(), Text(ended_line(event), style)]
        return self._over()

    def _over(self) -> list[Text]:
        """Phases that have come to their end, each told once."""
        lines = []
        for phase in self._progress.phases():
            if phase.over and phase.key not in self._folded:
                self._folded.add(phase.key)
                if not (phase.alone and phase.tasks[0].status is TaskStatus.FAILED):
                    lines.append(ended(phase))
        return lines

    def _cut_off(self) -> list[Text]:
        """Phases that were begun and will not come to their end."""
        open_ = [phase for phase in self._progress.phases() if phase.begun and not phase.over]
        return [Text(f"· {phase.title}  {phase.finished} of {len(phase.tasks)}", "dim") for phase in open_]
