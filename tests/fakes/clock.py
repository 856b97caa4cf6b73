"""A clock that moves only when everybody sleeps: to the moment the first sleeper wants."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self._alarms: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        alarm = self.seconds + seconds
        self._alarms.append(alarm)
        try:
            await asyncio.sleep(0)
            while min(self._alarms) < alarm:  # noqa: ASYNC110 (an event would need the clock's help)
                await asyncio.sleep(0)
            self.seconds = max(self.seconds, alarm)
        finally:
            self._alarms.remove(alarm)
