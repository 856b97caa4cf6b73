"""The statuses of a task and what each means."""

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
        return MEANINGS[self]

    @property
    def finished(self) -> bool:
        return self in (TaskStatus.DONE, TaskStatus.UNCHANGED, TaskStatus.UNDONE)


MEANINGS = {
    TaskStatus.PENDING: "It waits for the tasks it needs.",
    TaskStatus.DOING: "It is being done; if nothing runs, it was cut off and the same command does it again.",
    TaskStatus.DONE: "It was done.",
    TaskStatus.UNCHANGED: "Everything was as wanted already.",
    TaskStatus.FAILED: "It failed; the same command tries it again.",
    TaskStatus.HELD: "It waits for a person.",
    TaskStatus.UNDOING: "It is being undone; the same command continues.",
    TaskStatus.UNDONE: "It was undone.",
}
