"""A strict stand-in for ``Look``: a reading that no test expects fails it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths
from sunbeam.doctor.diagnosis import Diagnosis
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.rules import RULES
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses

Reading = Callable[..., Awaitable[Any]]


class FakeLook(Look):
    """``answers`` by reading, or by reading and arguments; an exception is raised, NotRead most often."""

    def __init__(self, root: Path, answers: Mapping[Any, Any]) -> None:
        super().__init__(Paths(root), FakeProcesses(), FakeClock())
        self._answers = answers

    async def __call__(self, reading: Any, *args: Any, **kwargs: Any) -> Any:
        for key in ((reading, *args), reading):
            if key in self._answers:
                answer = self._answers[key]
                if isinstance(answer, NotRead):
                    raise answer
                return answer
        raise AssertionError(f"unexpected reading: {reading.__name__}{args}")


NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def diagnoses(rule: str, root: Path, answers: Mapping[Any, Any]) -> list[Diagnosis]:
    """What the rule finds."""
    return await next(each for each in RULES if each.id == rule).apply(FakeLook(root, answers))


async def diagnosis(rule: str, root: Path, answers: Mapping[Any, Any]) -> Diagnosis:
    """The one thing that the rule finds."""
    (found,) = await diagnoses(rule, root, answers)
    return found
