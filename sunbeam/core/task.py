"""A task: one idempotent step of a change, and what it is given to work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from sunbeam.core.clock import Clock
from sunbeam.core.errors import Problem
from sunbeam.core.host import Host
from sunbeam.core.paths import Paths


@dataclass(frozen=True)
class Retry:
    """How often a failing task is tried before its change fails."""

    attempts: int = 1
    after_seconds: float = 1.0


@dataclass(frozen=True)
class Context:
    """What a task may use: ``host`` is the only way to change anything; ``report`` tells progress."""

    host: Host
    paths: Paths
    clock: Clock
    report: Callable[[str], None]


class Task(ABC):
    """Subclasses set ``id`` and ``title``; ``needs`` are ids of tasks that must be done before.

    ``act`` may be cut off anywhere and called again: it starts from what is, not from what was.
    """

    id: str
    title: str
    needs: tuple[str, ...] = ()
    retry: Retry = Retry()

    async def problems(self, context: Context) -> list[Problem]:
        """What stands in the way; reads only.  Called for all tasks before the first is done."""
        return []

    async def is_done(self, context: Context) -> bool:
        """Whether everything is as wanted; reads only."""
        return False

    @abstractmethod
    async def act(self, context: Context) -> None:
        """Do it.  Raises SunbeamError; NeedsPerson holds the change."""

    async def undo(self, context: Context) -> None:
        """Take back what ``act`` did, from any half-done state."""
        return None
