"""A task: one idempotent step of a change, and what it is given to work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sunbeam.core.clock import Clock
from sunbeam.core.errors import Problem
from sunbeam.core.estimate import Lane
from sunbeam.core.foresight import Foresight
from sunbeam.core.host import Host
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.core.wait import Look, wait_for


@dataclass(frozen=True)
class Context:
    """What a task may use: ``host`` is the only way to change anything; ``report`` tells progress.

    ``units`` tells the status text of each unit that is awaited.  ``queued`` and ``working`` frame the time
    in which the task waits for its turn, which is no work of its own.
    """

    host: Host
    paths: Paths
    clock: Clock
    report: Callable[[str], None]
    awaiting: Callable[[Look, datetime], None] = lambda look, since: None
    units: Callable[[Mapping[str, str]], None] = lambda reasons: None
    queued: Callable[[], None] = lambda: None
    working: Callable[[], None] = lambda: None

    async def read(self, argv: Sequence[str | Path], *, check: bool = True) -> Completed:
        """Run a program that changes nothing."""
        return await self.host.read(argv, check=check)

    async def wait_for(
        self,
        look: Callable[[], Awaitable[Look]],
        *,
        quiet_seconds: float = 300,
        pause_seconds: float = 0.5,
        next_command: str = "sunbeam cluster status",
    ) -> None:
        """``sunbeam.core.wait.wait_for`` that shows what is awaited, of which unit and since when."""
        began = self.clock.now()
        await wait_for(
            look,
            self.clock,
            on_look=lambda seen: self.awaiting(seen, began),
            quiet_seconds=quiet_seconds,
            pause_seconds=pause_seconds,
            next_command=next_command,
        )


class Task(ABC):
    """Subclasses set ``id`` and ``title``; ``needs`` are ids of tasks that must be done before.

    ``act`` may be cut off anywhere and called again: it starts from what is, not from what was.
    ``waits_for_person`` is what a person must do before the task is done, in a sentence: after ``act`` the
    change is held until ``is_done``.  ``rehearsable`` tasks change things through ``context.host`` only and
    never read back what they changed, so that a dry run can call their ``act`` to list each change.
    ``awaits`` are tasks beside it without which it does not end; when one fails, it is given up.
    For estimates: ``typical_seconds`` of its own work on two cores, and the ``lane`` that it queues in.
    ``phase`` is the part of a long change it belongs to.  ``final`` is why an undo leaves what it did.
    """

    id: str
    title: str
    needs: tuple[str, ...] = ()
    waits_for_person: str = ""
    rehearsable: bool = False
    typical_seconds: float = 0.0
    awaits: tuple[str, ...] = ()
    lane: Lane | None = None
    phase: str = ""
    final: str = ""

    async def problems(self, context: Context) -> list[Problem]:
        """What stands in the way; reads only.  Called for all tasks before the first is done."""
        return []

    async def is_done(self, context: Context) -> bool:
        """Whether everything is as wanted; reads only."""
        return False

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        """What ``act`` would do; reads only.  ``before`` has what the tasks before it would do, by their id.

        Things that ``act`` is rehearsed to change need not be named.
        """
        return Foresight()

    @abstractmethod
    async def act(self, context: Context) -> None:
        """Do it.  Raises SunbeamError; NeedsPerson holds the change."""

    async def verify(self, context: Context) -> None:
        """Read the world again after ``act``.  Raises SunbeamError if it is not as wanted."""
        return None

    async def loses(self, context: Context) -> list[str]:
        """What of people's own ``undo`` would lose, each by name; reads only."""
        return []

    async def foresee_undo(self, context: Context) -> Foresight:
        """What ``undo`` would do that its rehearsal cannot list; reads only."""
        return Foresight(changes=False)

    async def undo(self, context: Context) -> None:
        """Take back what ``act`` did, from any half-done state.

        It is rehearsed with a host that only lists, as ``act`` of rehearsable tasks is.
        """
        return None
