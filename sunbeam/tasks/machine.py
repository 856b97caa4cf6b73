"""Looking at the machine before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import Check, CheckContext, run_checks
from sunbeam.checks.storage import volumes
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import Problem
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context, Task


class CheckMachine(Task):
    """All checks; on a machine that has a cloud, those that cost next to nothing.

    ``warn``: tell warnings too, which a person who made the cloud has read.
    """

    id = "machine"
    title = "Check this machine"
    phase = "Prepare the machine"

    def __init__(self, wanted: Wanted, checks: Sequence[Check[Any]] = CHECKS, *, warn: bool = True) -> None:
        self._wanted = wanted
        self._checks = checks
        self._warn = warn

    @classmethod
    def of_cloud(cls, paths: Paths, again: str) -> CheckMachine:
        """What stands in the way of the cloud on this machine.  Raises SunbeamError if there is none."""
        return cls(Wanted.of_node(NodeSettings.read(paths), again), warn=False)

    @classmethod
    def of_storage(cls, paths: Paths, again: str) -> CheckMachine:
        """What stands in the way of filling the disk, with or without a cloud."""
        there = NodeSettings.exists(paths)
        wanted = Wanted.of_node(NodeSettings.read(paths), again) if there else Wanted(again=again)
        return cls(wanted, [check for check in CHECKS if check.look is volumes], warn=False)

    async def problems(self, context: Context) -> list[Problem]:
        host = context.host
        looking = CheckContext(host.processes, context.paths, self._wanted, remember=host.remember_secret)
        found = await run_checks(looking, self._checks)
        return [problem for problem in found if self._warn or problem.severity == "error"]

    async def is_done(self, context: Context) -> bool:
        return True

    async def act(self, context: Context) -> None:
        """There is nothing to do: what stands in the way was told before the change."""
