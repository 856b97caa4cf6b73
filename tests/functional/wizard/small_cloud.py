"""Leads the wizard through a change of small tasks; tests talk to it on a terminal of their own.

python -m tests.functional.wizard.small_cloud [advanced] [proxy] [forbidden]
"""

from __future__ import annotations

import sys
from dataclasses import replace

from sunbeam.cli.main import report
from sunbeam.cli.render import renderer
from sunbeam.cli.session import Output
from sunbeam.cli.wizard.foresee import foresee
from sunbeam.cli.wizard.start import hold
from sunbeam.core.change import Change
from sunbeam.core.errors import Problem
from sunbeam.core.interview import Interview
from sunbeam.core.making import Making
from sunbeam.core.manifest.effective import Effective
from sunbeam.core.node import this_node
from sunbeam.core.task import Context, Task
from sunbeam.core.watching import follow_worker
from tests.functional.wizard.machines import PROXIED, RACK


class WriteName(Task):
    id = "name"
    title = "Write the cloud's name"
    rehearsable = True

    def __init__(self, name: str) -> None:
        self._name = name

    async def act(self, context: Context) -> None:
        context.host.write_file(context.paths.etc / "name", self._name)


class Refuse(Task):
    id = "refuse"
    title = "Refuse"

    async def problems(self, context: Context) -> list[Problem]:
        if (context.paths.root / "allowed").exists():
            return []
        return [
            Problem(
                "this is not allowed", where="here", why="nobody allowed it", next_command="touch allowed"
            )
        ]

    async def act(self, context: Context) -> None:
        return None


def small_change(made: Effective) -> Change:
    refusing: list[Task] = [Refuse()] if "forbidden" in sys.argv else []
    return Change("small", "Make a small cloud", [WriteName(made.manifest.name), *refusing])


def main() -> None:
    detected = replace(RACK, proxy=PROXIED) if "proxy" in sys.argv else RACK
    try:
        interview = Interview(detected, advanced="advanced" in sys.argv)
        made = hold(interview, lambda made: foresee(this_node(), small_change(made)))
    except Exception as error:
        sys.exit(report(error))
    with renderer(Output.TEXT) as show:
        follow_worker(Making(this_node(), lambda node: small_change(made), "small").start(), show)
    print("made", made.manifest.name)


if __name__ == "__main__":
    main()
