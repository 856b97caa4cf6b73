"""A program that kills itself: ``python -m tests.unit.core.tortured ROOT SEED KILLS``.

In ROOT/1, ROOT/2, ... a change of small tasks is run by child processes, each killed with SIGKILL at a random
moment, until one comes to its end; every second round is then taken back by children that die the same way.
It goes on until KILLS were survived.  The children are forks: no import is waited for.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sunbeam.core.clock import SystemClock
from sunbeam.core.engine import Change, Engine
from sunbeam.core.host import Host, Undo
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Context, Task

TASKS = 8
THEIRS = "a line of theirs\n"


class Add(Task):
    """Adds its line to a file that is not ours, makes a file of its own, and lets a program make another."""

    def __init__(self, world: Path, number: int) -> None:
        self.id, self.title = f"t{number}", f"Add line {number}"
        self.needs = (f"t{number - 2}",) if number > 1 else ()
        self._shared = world / "shared"
        self._own = world / f"folder-{number}" / "own"
        self._made = world / f"made-{number}"

    async def is_done(self, context: Context) -> bool:
        lines = self._shared.read_text().splitlines()
        return self.id in lines and self._own.exists() and self._made.exists()

    async def act(self, context: Context) -> None:
        lines = self._shared.read_text().splitlines()
        if self.id not in lines:
            context.host.write_file(self._shared, "\n".join([*lines, self.id]) + "\n")
        context.host.write_file(self._own, "x")
        undo = Undo(["rm", str(self._made)], when=["test", "-e", str(self._made)])
        await context.host.run(["touch", str(self._made)], changes=f"make {self._made}", undo=undo)


async def do(paths: Paths) -> None:
    journal, host = _host(paths)
    engine = Engine(journal, host, paths, SystemClock(), Redactor())
    world = paths.root / "world"
    await engine.run(Change("add", "Add lines", [Add(world, number) for number in range(TASKS)]))


async def take_back(paths: Paths) -> None:
    _, host = _host(paths)
    await host.undo_recorded(keep_packages=False, report=lambda text: None)


def _host(paths: Paths) -> tuple[Journal, Host]:
    journal = Journal(paths.journal)
    return journal, Host(SystemProcesses(), journal, paths, SystemClock(), Redactor())


def survive(work: Callable[[], Coroutine[Any, Any, None]], moments: random.Random, longest: float) -> int:
    """Run ``work`` in children until one ends by itself; how many were killed."""
    for kills in count():
        child = os.fork()
        if not child:
            asyncio.run(work())
            os._exit(0)
        time.sleep(moments.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "a run failed instead of being killed"
            return kills
        longest *= 1.1
    raise AssertionError


def new_round(root: Path, number: int) -> Paths:
    world = root / str(number) / "world"
    world.mkdir(parents=True)
    (world / "shared").write_text(THEIRS)
    return Paths(root / str(number))


def main(root: Path, seed: int, wanted: int) -> None:
    moments = random.Random(seed)
    calm = new_round(root, 0)
    began = time.monotonic()
    asyncio.run(do(calm))
    longest = time.monotonic() - began
    kills = 0
    for number in count(1):
        paths = new_round(root, number)
        kills += survive(partial(do, paths), moments, longest)
        if number % 2 == 0:
            kills += survive(partial(take_back, paths), moments, longest)
        if kills >= wanted and number % 2 == 0:
            print(number, kills)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
