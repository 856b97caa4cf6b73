"""The statuses of tasks and changes, and what each means."""

from __future__ import annotations

from enum import StrEnum


class TaskStatus(StrEnum):
    """Where a task is; ``meaning`` says it in a sentence."""

    PENDING = "pending"
    DOING = "doing"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    HELD = "held"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def meaning(self) -> str:
        return TASK_MEANINGS[self]

    @property
    def finished(self) -> bool:
        return self in (TaskStatus.DONE, TaskStatus.UNCHANGED, TaskStatus.UNDONE)

    @property
    def begun(self) -> bool:
        """Whether a task that was attempted may have done some of it."""
        return self not in (TaskStatus.PENDING, TaskStatus.UNCHANGED, TaskStatus.UNDONE)


TASK_MEANINGS = {
    TaskStatus.PENDING: "It waits for the tasks it needs.",
    TaskStatus.DOING: "It is being done; if nothing runs, it was cut off and the same command does it again.",
    TaskStatus.DONE: "It was done.",
    TaskStatus.UNCHANGED: "Everything was as wanted already.",
    TaskStatus.FAILED: "It failed; the same command tries it again.",
    TaskStatus.HELD: "It waits for a person.",
    TaskStatus.UNDOING: "It is being undone; the same command continues.",
    TaskStatus.UNDONE: "It was undone.",
}


class ChangeStatus(StrEnum):
    """Where a change is; all but ``done`` and ``undone`` are continued by the same command."""

    DOING = "doing"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    INTERRUPTED = "interrupted"
    UNDONE = "undone"

    @property
    def meaning(self) -> str:
        return CHANGE_MEANINGS[self]

    @property
    def finished(self) -> bool:
        return self in (ChangeStatus.DONE, ChangeStatus.UNDONE)


CHANGE_MEANINGS = {
    ChangeStatus.DOING: "Its tasks are being done or undone.",
    ChangeStatus.DONE: "All its tasks are done.",
    ChangeStatus.FAILED: "A task failed; the same command continues.",
    ChangeStatus.HELD: "A task waits for a person; then the same command continues.",
    ChangeStatus.INTERRUPTED: "It was cut off; the same command continues.",
    ChangeStatus.UNDONE: "Its tasks were undone.",
}
