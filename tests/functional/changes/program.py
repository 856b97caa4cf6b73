"""The ``sunbeam`` command with small changes beside its own.

``make NAME`` does the change "make" for NAME: it writes, waits until the file ``go`` is in the root folder,
and keeps a file that belongs to people.  ``trust NAME`` builds on it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sunbeam.cli.main import main, report
from sunbeam.cli.session import run_change
from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.request import Request
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look
from sunbeam.tasks.catalogue import KINDS, Kind


class Write(Task):
    id = "write"
    title = "Write the settings"

    def __init__(self, name: str) -> None:
        self._name = name

    def file(self, context: Context) -> Path:
        return context.paths.etc / self._name

    async def is_done(self, context: Context) -> bool:
        return self.file(context).exists()

    async def act(self, context: Context) -> None:
        context.host.write_file(self.file(context), "x")

    async def undo(self, context: Context) -> None:
        context.host.remove(self.file(context))


class Wait(Task):
    """Done when the file ``go`` is there; if it says ``fail``, that was the wrong word."""

    id = "wait"
    title = "Wait for a word"
    needs = ("write",)

    async def act(self, context: Context) -> None:
        word = context.paths.root / "go"
        context.report("waiting for a word")

        async def look() -> Look:
            return Look(done=word.exists(), missing="a word")

        try:
            await context.wait_for(look, pause_seconds=0.05)
        except asyncio.CancelledError:
            await self._take_time(context)
            raise
        if word.read_text() == "fail":
            raise SunbeamError("It was the wrong word", where="the root folder")

    async def _take_time(self, context: Context) -> None:
        """As somebody who stops does that has something in his hands."""
        context.report("taking my time")

        async def look() -> Look:
            return Look(done=not (context.paths.root / "stubborn").exists(), missing="calm")

        await context.wait_for(look, pause_seconds=0.05)


class Keep(Task):
    """Each time it is done it adds a line to what people own."""

    id = "keep"
    title = "Keep what people own"
    needs = ("wait",)

    def __init__(self, name: str) -> None:
        self._name = name

    def file(self, context: Context) -> Path:
        return context.paths.state / f"{self._name}.data"

    async def is_done(self, context: Context) -> bool:
        return self.file(context).exists()

    async def act(self, context: Context) -> None:
        file = self.file(context)
        context.host.write_file(file, (file.read_text() if file.exists() else "") + "line\n")

    async def loses(self, context: Context) -> list[str]:
        file = self.file(context)
        return [f"the lines of {self._name}"] if file.exists() else []

    async def undo(self, context: Context) -> None:
        if (context.paths.root / "hang").exists():
            await asyncio.sleep(60)
        context.host.remove(self.file(context))


def _make(name: str) -> Change:
    return Change("make", f"Make {name}", [Write(name), Wait(), Keep(name)])


KINDS["make"] = Kind(lambda node, intent: _make(intent["name"]), made_once=True)
KINDS["trust"] = Kind(lambda node, intent: Change("trust", "Trust", [Write("trust")]), builds_on=("make",))


def run(words: list[str]) -> None:
    if words[0] not in ("make", "trust"):
        main(words)
        return
    try:
        run_change(Request(words[0], {"name": words[1]}))
    except Exception as error:
        sys.exit(report(error))


if __name__ == "__main__":
    run(sys.argv[1:])
