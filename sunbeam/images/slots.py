"""Slots for builds: when one is free, the most urgent of those who wait gets it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Slots:
    """A semaphore with priorities; of equal ones the first to come is the first to go."""

    def __init__(self, number: int) -> None:
        self._number = self._free = number
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @property
    def in_use(self) -> bool:
        return bool(self._free < self._number or self._waiting)

    @asynccontextmanager
    async def slot(self, priority: int) -> AsyncIterator[None]:
        """Hold a slot; higher priorities go first."""
        await self._take(priority)
        try:
            yield
        finally:
            self._free += 1
            self._hand_out()

    async def _take(self, priority: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-priority, next(self._order), turn))
        # All who come in the same moment are compared before the first gets a slot.
        asyncio.get_running_loop().call_soon(self._hand_out)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free += 1
                self._hand_out()
            raise

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
