"""The engine's seam to time: what is due, and waiting until something is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time in UTC."""
        ...

    async def wait(self, event: asyncio.Event, until: datetime | None) -> None:
        """Return when ``event`` is set, or at ``until`` if that comes first."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def wait(self, event: asyncio.Event, until: datetime | None) -> None:
        seconds = None if until is None else max(0.0, (until - self.now()).total_seconds())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: such texts sort as the times they stand for."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(stamped: str) -> datetime:
    """The inverse of ``stamp``.  Raises ValueError."""
    return datetime.fromisoformat(stamped)


def later(stamped: str, delay: timedelta) -> str:
    return stamp(moment(stamped) + delay)
