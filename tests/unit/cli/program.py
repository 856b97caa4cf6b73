"""A command with small tasks: ``python -m tests.unit.cli.program WHAT [--dry-run] [--json]``."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial

from sunbeam.cli.main import report
from sunbeam.cli.session import Output, run_change
from sunbeam.cli.told_errors import errors_told
from sunbeam.core.change import Change
from sunbeam.core.errors import NeedsPerson, Problem, SunbeamError
from sunbeam.core.node import Node
from sunbeam.core.request import Request
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look
from sunbeam.tasks.catalogue import KINDS, Kind

SECRET = "correct-horse"


class Write(Task):
    id = "write"
    title = "Write the settings"
    rehearsable = True

    async def is_done(self, context: Context) -> bool:
        return (context.paths.etc / "a.conf").exists()

    async def act(self, context: Context) -> None:
        context.host.write_file(context.paths.etc / "a.conf", "x")


class Work(Task):
    """Does what its name says."""

    id = "work"
    title = "Work"
    needs = ("write",)

    def __init__(self, node: Node, what: str) -> None:
        self._what = what
        node.redactor.add(SECRET)

    async def problems(self, context: Context) -> list[Problem]:
        if self._what == "look":
            await asyncio.sleep(60)
        if self._what not in ("warn", "preflight"):
            return []
        found = [Problem("it is late", severity="warning")]
        if self._what == "preflight":
            found += [Problem("the disk is full", next_command="df -h"), Problem(f"no {SECRET}")]
        return found

    async def act(self, context: Context) -> None:
        logging.getLogger("sunbeam.test").info("working with %s", SECRET)
        if self._what == "fail":
            raise SunbeamError("It does not work", where="nova/0", why=f"{SECRET} is wrong")
        if self._what == "bug":
            raise KeyError("nova")
        if self._what == "person":
            raise NeedsPerson("Plug the cable in")
        if self._what == "wait":
            looks = iter(range(1000))
            await context.wait_for(partial(_look, looks), pause_seconds=0.05)
        if self._what == "hang":
            await asyncio.sleep(60)


async def _look(looks: object) -> Look:
    number = next(looks)  # type: ignore[call-overload]
    return Look(done=number == 24, missing="waiting for the database", unit="nova/0")


def main(what: str, *options: str) -> None:
    output = Output.JSON if "--json" in options else Output.TEXT
    try:
        KINDS["test"] = Kind(lambda node, intent: Change("", "Test things", [Write(), Work(node, what)]))
        with errors_told(output):
            run_change(Request("test"), output=output, dry_run="--dry-run" in options)
    except Exception as error:
        sys.exit(report(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
