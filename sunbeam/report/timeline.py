"""When each task of a change waited and worked, from its events or, when those are gone, its journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sunbeam.core import events
from sunbeam.core.estimate import Expected
from sunbeam.core.events import Event
from sunbeam.core.journal import ChangeRecord, TaskRecord
from sunbeam.core.progress import seconds_of

SLACK = 0.5
"""Seconds between the end of a task and the begin of one that waited for it."""


@dataclass(frozen=True)
class Span:
    """One time that a task was tried: ``asked``, then at work from ``began`` on; seconds since the epoch."""

    task: str
    title: str
    phase: str
    asked: float
    began: float
    ended: float
    status: str
    error: str = ""

    @property
    def worked(self) -> float:
        return self.ended - self.began

    @property
    def waited(self) -> float:
        return self.began - self.asked


@dataclass
class Timeline:
    """``spans`` in the order of their begins; ``runs`` are the times at which the change was (re)started."""

    spans: list[Span] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    expected: dict[str, Expected] = field(default_factory=dict)
    touched: list[events.HostChanged] = field(default_factory=list)
    warnings: list[events.ProblemFound] = field(default_factory=list)

    @property
    def began(self) -> float:
        return min([*self.runs, *(span.asked for span in self.spans)], default=0.0)

    @property
    def ended(self) -> float:
        return max((span.ended for span in self.spans), default=self.began)

    def worked(self) -> list[Span]:
        """Spans in which something was done, the longest first."""
        return sorted(
            (span for span in self.spans if span.status != "unchanged"), key=lambda span: -span.worked
        )

    def critical(self) -> list[Span]:
        """What decided when the last run ended, first to last; each span begins when nothing held it up."""
        last_run = max(self.runs, default=0.0)
        spans = [span for span in self.spans if span.asked >= last_run - SLACK]
        path: list[Span] = []
        at: Span | None = max(spans, key=lambda span: span.ended, default=None)
        while at is not None and at.task not in [span.task for span in path]:
            cause = self._cause(at, spans)
            path.append(replace(at, began=max(at.began, cause.ended) if cause else at.began))
            at = cause
        return path[::-1]

    def _cause(self, span: Span, spans: Sequence[Span]) -> Span | None:
        """Whose end it waited for: the latest of what it needs, awaits, or shares a lane with."""
        own = self.expected.get(span.task, Expected(span.task, 0))
        found = [each for each in spans if each.task in own.needs and each.ended <= span.asked + SLACK]
        found += [each for each in spans if each.task in own.awaits and each.ended <= span.ended]
        if span.waited > SLACK:
            lane = {each.task for each in self.expected.values() if own.lane and each.lane == own.lane}
            found += [each for each in spans if each.task in lane and each.ended <= span.began + SLACK]
        return max(
            (each for each in found if each.task != span.task), key=lambda each: each.ended, default=None
        )


def from_events(told: Iterable[Event]) -> Timeline:
    """A task that never ended was cut off: it ends with the last event of its run."""
    line, open_, now = Timeline(), dict[str, Span](), 0.0
    for event in told:
        if isinstance(event, events.ChangeStarted):
            _cut_off(line, open_, now)
        now = seconds_of(event.time)
        if isinstance(event, events.ChangeStarted):
            line.runs.append(now)
            line.expected = {each.task: each for each in event.expected}
        elif isinstance(event, events.TaskStarted):
            phase = line.expected[event.task].phase if event.task in line.expected else ""
            open_[event.task] = Span(event.task, event.title, phase, now, now, now, "doing")
        elif isinstance(event, events.TaskWorking) and event.task in open_:
            open_[event.task] = replace(open_[event.task], began=now)
        elif isinstance(event, events.TaskFinished) and event.task in open_:
            span = open_.pop(event.task)
            line.spans.append(replace(span, ended=now, status=event.status, error=event.error))
        elif isinstance(event, events.HostChanged):
            line.touched.append(event)
        elif isinstance(event, events.ProblemFound):
            line.warnings.append(event)
    _cut_off(line, open_, now)
    line.spans.sort(key=lambda span: span.asked)
    return line


def _cut_off(line: Timeline, open_: dict[str, Span], now: float) -> None:
    line.spans += [replace(span, ended=now, status="cut off") for span in open_.values()]
    open_.clear()


def from_journal(record: ChangeRecord) -> Timeline:
    """The last time that each task was tried."""
    expected = {task.id: Expected(task.id, 0, needs=task.needs) for task in record.tasks}
    spans = [_span(task) for task in record.tasks if task.started and task.finished]
    return Timeline(sorted(spans, key=lambda span: span.asked), [seconds_of(record.started)], expected)


def _span(task: TaskRecord) -> Span:
    asked, ended = seconds_of(task.started), seconds_of(task.finished)
    began = max(asked, ended - task.seconds)
    return Span(task.id, task.title, "", asked, began, ended, task.status.value, task.error)
