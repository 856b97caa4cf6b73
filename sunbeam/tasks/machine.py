"""Looking at the machine before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sunbeam.checks.before import BEFORE
from sunbeam.checks.check import Check, CheckContext, examine
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import Problem
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context, Task


class CheckMachine(Task):
    """The checks that ``BEFORE`` names for a change.

    ``warn``: tell warnings too, which a person who made the cloud has read.
    """

    id = "machine"
    title = "Check this machine"
    phase = "Prepare the machine"

    def __init__(self, wanted: Wanted, checks: Sequence[Check[Any]], *, warn: bool = True) -> None:
        self._wanted = wanted
        self._checks = checks
        self._warn = warn

    @classmethod
    def of_cloud(cls, paths: Paths, kind: str, again: str) -> CheckMachine:
        """Before a change of ``kind`` of the cloud here.  Raises SunbeamError if there is none."""
        return cls(Wanted.of_node(NodeSettings.read(paths), again), BEFORE[kind].checks, warn=False)

    @classmethod
    def of_import(cls, paths: Paths, again: str) -> CheckMachine:
        """Before images of a file are loaded, with or without a cloud."""
        return cls(Wanted.with_or_without(paths, again), BEFORE["image import"].checks, warn=False)

    async def problems(self, context: Context) -> list[Problem]:
        host = context.host
        looking = CheckContext(host.processes, context.paths, self._wanted, remember=host.remember_secret)
        found = (await examine(looking, self._checks)).problems
        return [problem for problem in found if self._warn or problem.severity == "error"]

    async def is_done(self, context: Context) -> bool:
        return True

    async def act(self, context: Context) -> None:
        """There is nothing to do: what stands in the way was told before the change."""
