"""A workbench for tests of changes: real journal and host below a temporary root, fakes at the seams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from sunbeam.core.engine import Engine
from sunbeam.core.errors import Problem
from sunbeam.core.events import Event
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Context, Task
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses

Act = Callable[[Context], Awaitable[None]]


class Workbench:
    def __init__(self, root: Path, *, dry_run: bool = False) -> None:
        self.paths = Paths(root)
        self.clock = FakeClock()
        self.processes = FakeProcesses()
        self.journal = Journal(self.paths.journal)
        self.redactor = Redactor()
        self.host = Host(self.processes, self.journal, self.paths, self.clock, self.redactor, dry_run=dry_run)
        self.events: list[Event] = []
        self.engine = Engine(
            self.journal,
            self.host,
            self.paths,
            self.clock,
            self.redactor,
            self.events.append,
            command="sunbeam test",
        )

    def statuses(self, change: int = 1) -> dict[str, str]:
        return {task.id: task.status.value for task in self.journal.change(change).tasks}


class Step(Task):
    """A task of small parts: ``act`` is any coroutine function, ``done`` any predicate."""

    def __init__(
        self,
        id: str,
        act: Act,
        *needs: str,
        done: Callable[[], bool] = lambda: False,
        undo: Act | None = None,
        problems: list[Problem] | None = None,
        awaits: tuple[str, ...] = (),
    ) -> None:
        self.id = id
        self.title = f"Do {id}"
        self.needs = needs
        self.awaits = awaits
        self._act, self._done, self._undo, self._problems = act, done, undo, problems or []

    async def problems(self, context: Context) -> list[Problem]:
        return self._problems

    async def is_done(self, context: Context) -> bool:
        return self._done()

    async def act(self, context: Context) -> None:
        await self._act(context)

    async def undo(self, context: Context) -> None:
        if self._undo:
            await self._undo(context)
