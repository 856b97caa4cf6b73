"""A check, what it is given to look with, and running many of them at the same time."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from sunbeam.checks.wanted import ROLES, Wanted
from sunbeam.core.ending import end
from sunbeam.core.errors import Problem
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.core.proxy import Proxy
from sunbeam.substrates.embedded import facts, network_facts
from sunbeam.substrates.embedded.facts import Facts, System
from sunbeam.substrates.embedded.network_facts import NetworkFacts
from sunbeam.substrates.embedded.probes import Probe

T = TypeVar("T")


class CheckContext:
    """This machine as checks look at it; what several of them need is looked up once.

    ``root`` stands for ``/`` in tests; ``environ`` is the environment of the person's shell; ``remember`` is
    told every secret that is met.
    """

    def __init__(
        self,
        processes: Processes,
        paths: Paths,
        wanted: Wanted,
        *,
        root: Path = Path("/"),
        system: System | None = None,
        environ: Mapping[str, str] = os.environ,
        remember: Callable[[str], None] = lambda secret: None,
    ) -> None:
        self.processes = processes
        self.probe = Probe(processes)
        self.paths = paths
        self.wanted = wanted
        self.root = root
        self.environ = environ
        self._system = system
        self._remember = remember
        self._looks: dict[str, asyncio.Future[Any]] = {}

    @cached_property
    def machine(self) -> Facts:
        """What files say, without running any program."""
        return facts.read(self._system or System.read(), self.root)

    @cached_property
    def proxy(self) -> Proxy:
        """The manifest's, else the node's, else that of the environment; its passwords are remembered.

        Raises SunbeamError for a reference that cannot be resolved, or stands for no URL.
        """
        said = Proxy.of_manifest(self.wanted.proxy, self.paths, self._remember)
        proxy = said or Proxy.kept(self.paths) or Proxy.of_environment(self.environ)
        for secret in proxy.secrets:
            self._remember(secret)
        return proxy

    async def network(self) -> NetworkFacts:
        return await self.shared("network", lambda: network_facts.gather(self.probe))

    async def shared(self, name: str, look: Callable[[], Awaitable[T]]) -> T:
        """What ``look`` found the first time; a check that gives up waiting does not end it for others."""
        if name not in self._looks:
            self._looks[name] = asyncio.ensure_future(look())
        found: T = await asyncio.shield(self._looks[name])
        return found

    async def close(self) -> None:
        """End looks that nobody waits for any more."""
        await end(self._looks.values())


@dataclass(frozen=True)
class Check(Generic[T]):
    """``look`` sees the machine, ``judge`` tells what is wrong with what was seen.

    ``once``: it takes more than 0.3 s, writes, or sees only what a cloud of ours has been made with; hence it
    is made before changes of a machine that has one only where they need it.  ``needs_root``: nobody else can
    tell.
    """

    id: str
    title: str
    look: Callable[[CheckContext], Awaitable[T]]
    judge: Callable[[T, Wanted], Iterable[Problem]]
    roles: tuple[str, ...] = ROLES
    once: bool = False
    needs_root: bool = False
    seconds: float = 15.0

    async def run(self, context: CheckContext) -> list[Problem]:
        """All that is wrong; one that hangs or breaks is a finding itself."""
        try:
            async with asyncio.timeout(self.seconds):
                seen = await self.look(context)
            found = list(self.judge(seen, context.wanted))
        except TimeoutError:
            return [self._unable(f"no answer within {self.seconds:.0f} s", "check-stalled")]
        except Exception as error:  # one broken check must not hide what the others see
            return [self._unable(f"{type(error).__name__}: {error}", "check-failed")]
        return [problem if problem.id else replace(problem, id=self.id) for problem in found]

    @property
    def meaning(self) -> str:
        """What it tells, in words: the judge's docstring."""
        return " ".join((self.judge.__doc__ or "").split())

    def _unable(self, evidence: str, id: str) -> Problem:
        return Problem(
            f"the check of {self.title} did not come to its end",
            where="this machine",
            why="nothing can be said about it",
            evidence=evidence,
            next_command="sunbeam check",
            severity="warning",
            id=id,
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a check; ``skipped`` says why it was left out."""

    check: Check[Any]
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
    skipped: str = ""

    @property
    def status(self) -> str:
        if self.skipped:
            return "skipped"
        severities = {problem.severity for problem in self.problems}
        return "error" if "error" in severities else "warning" if severities else "good"


@dataclass(frozen=True)
class Examination:
    """The outcomes of checks, in their order."""

    outcomes: tuple[Outcome, ...] = field(default=())

    @property
    def problems(self) -> list[Problem]:
        """Errors first; the same finding of two checks once."""
        found = dict.fromkeys(problem for each in self.outcomes for problem in each.problems)
        return sorted(found, key=lambda problem: problem.severity != "error")

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


async def examine(
    context: CheckContext,
    checks: Sequence[Check[Any]],
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Examination:
    """Run all ``checks`` that concern the wanted roles at the same time; each outcome is told as it comes."""
    as_root = context.machine.system.uid == 0

    async def one(check: Check[Any]) -> Outcome:
        if check.needs_root and not as_root:
            outcome = Outcome(check, skipped="only root can tell")
        else:
            began = time.monotonic()
            outcome = Outcome(check, tuple(await check.run(context)), time.monotonic() - began)
        on_outcome(outcome)
        return outcome

    wanted = [check for check in checks if set(check.roles) & set(context.wanted.roles)]
    try:
        return Examination(tuple(await asyncio.gather(*map(one, wanted))))
    finally:
        await context.close()
