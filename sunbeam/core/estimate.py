"""How long a change will take: what each task is expected to need, and the engine's order played through."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sunbeam.core.cores import cores

PARALLEL = max(8, 2 * cores())
"""Tasks at work at the same time; most of them wait for something."""


@dataclass(frozen=True)
class Lane:
    """Something that only ``width`` tasks use at a time, such as builders."""

    name: str
    width: int


@dataclass(frozen=True)
class Expected:
    """What is expected of a task before it begins; ``phase`` is the part of the change that it belongs to.

    ``seconds`` of its own work (0: nobody knows), ``measured`` on this machine or else typical of two cores.
    It begins after ``needs`` and ends its own work after ``awaits``; of those in ``lane`` (empty: none) only
    ``width`` are at work at a time.
    """

    task: str
    seconds: float
    measured: bool = False
    needs: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    lane: str = ""
    width: int = 0
    phase: str = ""


@dataclass(frozen=True)
class Forecast:
    """``seconds`` from now until all is over; ``critical`` are the tasks that decide it, first to last.

    ``ends`` has the seconds from now until each task is over.
    """

    seconds: float
    critical: tuple[str, ...]
    ends: Mapping[str, float]


def forecast(
    expected: Iterable[Expected],
    *,
    done: Collection[str] = (),
    running: Mapping[str, float] = {},
    parallel: int = PARALLEL,
) -> Forecast:
    """Play the tasks through that are not ``done``.

    ``running`` has the seconds of its own work that each task at work has behind it.
    """
    left = [each for each in expected if each.task not in done]
    return _Play(left, running, parallel).through()


class _Play:
    """The engine's rules with a clock that jumps from one end to the next."""

    def __init__(self, left: Sequence[Expected], running: Mapping[str, float], parallel: int) -> None:
        self._by_id = {each.task: each for each in left}
        self._running = running
        self._free = parallel
        self._waiting = sorted(left, key=lambda each: each.task not in running)
        self._queued: deque[Expected] = deque()
        self._held: list[Expected] = []
        self._lanes: Counter[str] = Counter()
        self._ending: list[tuple[float, str]] = []
        self._ends: dict[str, float] = {}
        self._cause: dict[str, str] = {}

    def through(self) -> Forecast:
        now, last = 0.0, ""
        self._move(now, last)
        while self._ending:
            now, last = heapq.heappop(self._ending)
            self._ends[last] = now
            self._free += 1
            self._lanes[self._by_id[last].lane] -= 1
            self._move(now, last)
        return Forecast(now, self._path(last), self._ends)

    def _move(self, now: float, cause: str) -> None:
        """Begin whatever the end of ``cause`` allows to begin."""
        for each in [each for each in self._waiting if self._over(each.needs)][: self._free]:
            self._waiting.remove(each)
            self._free -= 1
            self._queued.append(each)
        for each in sorted(self._queued, key=lambda each: -each.seconds):
            if not each.lane or self._lanes[each.lane] < each.width:
                self._queued.remove(each)
                self._lanes[each.lane] += 1
                self._held.append(each)
                self._cause[each.task] = cause
        for each in [each for each in self._held if self._over(each.awaits)]:
            self._held.remove(each)
            if set(each.awaits) & set(self._ends):
                self._cause[each.task] = cause
            rest = max(each.seconds - self._running.get(each.task, 0.0), 0.0)
            heapq.heappush(self._ending, (now + rest, each.task))

    def _over(self, tasks: Iterable[str]) -> bool:
        """Tasks that are not in play are over already."""
        return all(task in self._ends or task not in self._by_id for task in tasks)

    def _path(self, last: str) -> tuple[str, ...]:
        path: list[str] = []
        while last:
            path.append(last)
            last = self._cause.get(last, "")
        return tuple(reversed(path))
