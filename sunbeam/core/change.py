"""A change: one intent of a person, as a literal list of tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from sunbeam.core.errors import SunbeamError
from sunbeam.core.task import Task


@dataclass(frozen=True)
class Change:
    """Two changes of the same kind and intent (JSON) are the same change: the second continues the first.

    ``afterwards`` is called when all tasks are done and the journal is closed.  ``node`` is the name of the
    machine that the tasks touch.
    Raises ValueError if two tasks have one id, a task needs one that is not in the list, or needs go round.
    """

    kind: str
    title: str
    tasks: Sequence[Task]
    intent: dict[str, Any] = field(default_factory=dict)
    afterwards: Callable[[], None] = lambda: None
    node: str = ""

    def __post_init__(self) -> None:
        ids = [task.id for task in self.tasks]
        if len(set(ids)) != len(ids):
            raise ValueError(f"{self.kind}: two tasks with one id among {ids}")
        for task in self.tasks:
            if strangers := set(task.needs) - set(ids):
                raise ValueError(f"{self.kind}: task {task.id} needs {sorted(strangers)}, not in this change")
        self.graph().prepare()

    def graph(self) -> TopologicalSorter[str]:
        """Task ids by the ids they need."""
        return TopologicalSorter({task.id: task.needs for task in self.tasks})

    def relying_on(self, task_id: str) -> set[str]:
        """The tasks that need or await this one, directly or not."""
        relying = {task_id}
        for _ in self.tasks:
            relying |= {task.id for task in self.tasks if relying.intersection((*task.needs, *task.awaits))}
        return relying - {task_id}

    def in_order(self) -> list[Task]:
        """Each task after the tasks it needs."""
        by_id = {task.id: task for task in self.tasks}
        return [by_id[task_id] for task_id in self.graph().static_order()]


def differing(one: Any, other: Any, key: str = "") -> list[str]:
    """Dotted keys in which two intents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        found = [differing(one.get(each), other.get(each), f"{key}.{each}".lstrip(".")) for each in keys]
        return [each for several in found for each in several]
    return [] if one == other else [key]


class ChangeFailed(SunbeamError):
    """Some tasks failed; those that do not need them were still done."""

    id = "tasks-failed"
