"""Looking at the machine before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import Check, CheckContext, run_checks
from sunbeam.checks.wanted import Wanted
from sunbeam.core.errors import Problem
from sunbeam.core.task import Context, Task


class CheckMachine(Task):
    """All checks; on a machine that has a cloud, those that cost next to nothing."""

    id = "machine"
    title = "Check this machine"
    phase = "Prepare the machine"

    def __init__(self, wanted: Wanted, checks: Sequence[Check[Any]] = CHECKS) -> None:
        self._wanted = wanted
        self._checks = checks

    async def problems(self, context: Context) -> list[Problem]:
        host = context.host
        looking = CheckContext(host.processes, context.paths, self._wanted, remember=host.remember_secret)
        return await run_checks(looking, self._checks)

    async def is_done(self, context: Context) -> bool:
        return True

    async def act(self, context: Context) -> None:
        """There is nothing to do: what stands in the way was told before the change."""
