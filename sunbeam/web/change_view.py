"""A change as the page shows it, built from the events of its log."""

from __future__ import annotations

from sunbeam.core.events import ChangeStarted, Event
from sunbeam.core.lock import Holder, status_now
from sunbeam.core.progress import Progress, TaskState
from sunbeam.core.status import ChangeStatus, TaskStatus

FAILED = (TaskStatus.FAILED, TaskStatus.HELD)
RESUMABLE = (ChangeStatus.FAILED, ChangeStatus.HELD, ChangeStatus.INTERRUPTED)


class ChangeView:
    """``progress`` is where it is; ``kind`` and ``number`` are those of the journal.

    ``holder`` has the change lock, for this change or another one.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.kind = ""
        self.progress = Progress()
        self.holder: Holder | None = None

    def take(self, event: Event) -> None:
        if isinstance(event, ChangeStarted):
            self.kind = event.kind
        self.progress.take(event)

    @property
    def begun(self) -> bool:
        return bool(self.progress.title)

    @property
    def title(self) -> str:
        return self.progress.title

    @property
    def status(self) -> ChangeStatus:
        end = self.progress.end
        return status_now(ChangeStatus(end.status) if end else ChangeStatus.DOING, self.number, self.holder)

    @property
    def running(self) -> bool:
        return self.status is ChangeStatus.DOING

    @property
    def resumable(self) -> bool:
        return self.status in RESUMABLE

    @property
    def error(self) -> str:
        """Why it ended, unless the errors of its tasks tell it all."""
        return self.progress.end.error if self.progress.end and not self.failed else ""

    @property
    def seconds(self) -> float:
        return self.progress.end.seconds if self.progress.end else self.progress.now - self.progress.began

    @property
    def tasks(self) -> list[TaskState]:
        return list(self.progress.tasks.values())

    @property
    def failed(self) -> list[TaskState]:
        return [task for task in self.tasks if task.status in FAILED]

    @property
    def done(self) -> int:
        """How many tasks came to a good end."""
        return sum(1 for task in self.tasks if task.status.finished)

    def left(self, now: float) -> float:
        """Seconds that are expected from ``now`` (since 1970) on; 0 if nobody can know."""
        return self.progress.remaining(now).seconds if self.running and self.progress.expected else 0.0
