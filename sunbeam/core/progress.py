"""Where a change is, told by its events alone: the same events give the same picture, live or later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sunbeam.core import events
from sunbeam.core.estimate import Expected, Forecast, forecast
from sunbeam.core.events import Event
from sunbeam.core.status import TaskStatus


def seconds_of(time: str) -> float:
    """An RFC 3339 time as seconds since the epoch."""
    return datetime.fromisoformat(time).timestamp()


@dataclass
class Said:
    """A text, and since when it is so (seconds since the epoch)."""

    text: str
    since: float


TELLING_SECONDS = 5.0
"""A shorter task tells nothing on how fast the machine is."""
TROUBLE = ("error", "blocked", "failed")
AT_WORK = ("executing", "maintenance")
ROUTINE = "update-status"
"""The hook that runs every few minutes and tells nothing."""


def rank(text: str) -> int:
    """How telling a unit's status text is; the least number is the most telling."""
    if text.startswith(TROUBLE):
        return 0
    return 1 if text.startswith(AT_WORK) and ROUTINE not in text else 2


@dataclass
class TaskState:
    """One task; ``began`` its own work then, ``seconds`` it took once it is over; ``units`` it waits for."""

    id: str
    title: str
    phase: str = ""
    status: TaskStatus = TaskStatus.PENDING
    queued: bool = False
    began: float = 0.0
    ended: float = 0.0
    seconds: float = 0.0
    said: Said | None = None
    units: dict[str, Said] = field(default_factory=dict)
    error: str = ""

    @property
    def at_work(self) -> bool:
        return self.status is TaskStatus.DOING and not self.queued

    @property
    def over(self) -> bool:
        return self.status not in (TaskStatus.PENDING, TaskStatus.DOING)

    def awaited(self) -> list[tuple[str, Said]]:
        """Units and what they say: those in trouble, then those at work, then those that wait longest."""
        return sorted(self.units.items(), key=lambda item: (rank(item[1].text), item[1].since, item[0]))


@dataclass
class Phase:
    """A part of a change: its tasks in order; a task of no phase is one of its own."""

    key: str
    title: str
    tasks: list[TaskState]

    @property
    def alone(self) -> bool:
        """Whether it is a task that belongs to no phase."""
        return not self.tasks[0].phase

    @property
    def over(self) -> bool:
        return all(task.over for task in self.tasks)

    @property
    def begun(self) -> bool:
        return any(task.status is not TaskStatus.PENDING for task in self.tasks)

    @property
    def finished(self) -> int:
        return sum(1 for task in self.tasks if task.over)

    @property
    def seconds(self) -> float:
        """From the begin of its first task to the end of its last."""
        begun = [task.began for task in self.tasks if task.began]
        return max(task.ended for task in self.tasks) - min(begun) if begun else 0.0


class Progress:
    """``take`` every event of a change from its beginning; a change that is continued begins again."""

    def __init__(self) -> None:
        self.title = ""
        self.resumed = False
        self.began = 0.0
        self.now = 0.0
        self.tasks: dict[str, TaskState] = {}
        self.expected: dict[str, Expected] = {}
        self.end: events.ChangeFinished | None = None
        self.stopping = False

    def take(self, event: Event) -> None:
        """Events of tasks that this change does not have are ignored."""
        self.now = seconds_of(event.time)
        if isinstance(event, events.ChangeStarted):
            self._start(event)
        elif isinstance(event, events.ChangeStopping):
            self.stopping = True
        elif isinstance(event, events.ChangeFinished):
            self.end = event
        elif (task := self.tasks.get(getattr(event, "task", ""))) is not None:
            self._tell(task, event)

    def _start(self, event: events.ChangeStarted) -> None:
        self.title, self.resumed, self.began, self.end = event.title, event.resumed, self.now, None
        self.stopping = False
        self.expected = {each.task: each for each in event.expected}
        phases = {each.task: each.phase for each in event.expected}
        self.tasks = {task: TaskState(task, title, phases.get(task, "")) for task, title in event.tasks}

    def _tell(self, task: TaskState, event: Event) -> None:
        if isinstance(event, events.TaskStarted):
            task.status, task.began = TaskStatus.DOING, self.now
        elif isinstance(event, events.TaskQueued):
            task.queued = True
        elif isinstance(event, events.TaskWorking):
            task.queued, task.began = False, self.now
        elif isinstance(event, events.TaskProgress):
            task.said = Said(event.text, self.now)
        elif isinstance(event, events.Awaiting):
            task.said = Said(awaited(event), self.now)
        elif isinstance(event, events.UnitAwaited) and event.what:
            task.units[event.unit] = Said(event.what, self.now)
        elif isinstance(event, events.UnitAwaited):
            task.units.pop(event.unit, None)
        elif isinstance(event, events.TaskFinished):
            task.status, task.queued, task.ended = TaskStatus(event.status), False, self.now
            task.seconds, task.error = event.seconds, event.error

    @property
    def finished(self) -> int:
        return sum(1 for task in self.tasks.values() if task.over)

    def phases(self) -> list[Phase]:
        """In the order of their first tasks."""
        found: dict[str, Phase] = {}
        for task in self.tasks.values():
            key = task.phase or f"task {task.id}"
            found.setdefault(key, Phase(key, task.phase or task.title, [])).tasks.append(task)
        return list(found.values())

    def at_work(self) -> Iterator[TaskState]:
        """The most telling first: with units in trouble, with units at work, then the oldest."""

        def telling(task: TaskState) -> tuple[int, float]:
            ranks = [rank(said.text) for said in task.units.values()]
            return min(ranks, default=2), task.began

        return iter(sorted((task for task in self.tasks.values() if task.at_work), key=telling))

    def remaining(self, now: float) -> Forecast:
        """What is expected from ``now`` (seconds since the epoch) on."""
        over = {task.id for task in self.tasks.values() if task.over}
        running = {task.id: now - self._unheld(task, now) for task in self.tasks.values() if task.at_work}
        pace = self._pace(running)
        paced = [replace(each, seconds=each.seconds * pace) for each in self.expected.values()]
        return forecast(paced, done=over, running=running)

    def _pace(self, running: Mapping[str, float]) -> float:
        """How much slower than expected it goes so far; a machine is not expected to become faster."""
        took = expected = 0.0
        for task in self.tasks.values():
            usual = self.expected[task.id].seconds if task.id in self.expected else 0.0
            so_far = task.seconds if task.over else running.get(task.id, 0.0)
            if usual >= TELLING_SECONDS and (task.status is TaskStatus.DONE or so_far > usual):
                took, expected = took + so_far, expected + usual
        return max(took / expected, 1.0) if expected else 1.0

    def _unheld(self, task: TaskState, now: float) -> float:
        """Since when nothing that the task awaits has held it up; ``now`` while something does."""
        awaits = self.expected[task.id].awaits if task.id in self.expected else ()
        held = [self.tasks[each] for each in awaits if each in self.tasks]
        if not all(each.over for each in held):
            return now
        return max([task.began, *(each.ended for each in held)])


def awaited(event: events.Awaiting) -> str:
    """``nova/0: waiting for the database``."""
    return f"{event.unit}: {event.what}" if event.unit else event.what
