"""Notices: things that happened, by type and key, for clients that wait for them."""

from __future__ import annotations

from .loop import Future, Loop, TimedOut
from .times import format_duration, format_time, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LIFETIME = 7 * 24 * 3600.0
_NANO = 10**9


class Notice:
    """Times are nanoseconds since 1970.  ``user`` None means that all may see it."""

    def __init__(self, number: int, user: int | None, kind: str, key: str) -> None:
        self.id = str(number)
        self.user = user
        self.kind = kind
        self.key = key
        self.first = self.last = self.repeated = 0
        self.count = 0
        self.data: dict[str, str] = {}
        self.repeat_after = 0.0

    def occur(self, data: dict[str, str], repeat_after: float) -> bool:
        """Whether this counts as a repetition, which wakes who waits."""
        self.last = now()
        self.first = self.first or self.last
        self.count += 1
        self.data = data
        self.repeat_after = repeat_after
        repeats = not self.repeated or self.last >= self.repeated + int(repeat_after * _NANO)
        if repeats:
            self.repeated = self.last
        return repeats

    def to_json(self) -> dict[str, Any]:
        notice: dict[str, Any] = {
            "id": self.id,
            "user-id": self.user,
            "type": self.kind,
            "key": self.key,
            "first-occurred": format_time(self.first),
            "last-occurred": format_time(self.last),
            "last-repeated": format_time(self.repeated),
            "occurrences": self.count,
            "expire-after": format_duration(_LIFETIME),
        }
        if self.data:
            notice["last-data"] = self.data
        if self.repeat_after:
            notice["repeat-after"] = format_duration(self.repeat_after)
        return notice


class Notices:
    """A notice is dropped seven days after it last occurred."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._known: dict[tuple[int | None, str, str], Notice] = {}
        self._last = 0
        self._repeated = Future(loop)

    def add(
        self,
        kind: str,
        key: str,
        data: dict[str, str] | None = None,
        repeat_after: float = 0.0,
        user: int | None = None,
    ) -> Notice:
        self._expire()
        identity = (user, kind, key)
        if identity not in self._known:
            self._last += 1
            self._known[identity] = Notice(self._last, user, kind, key)
        notice = self._known[identity]
        if notice.occur(data or {}, repeat_after):
            waiting, self._repeated = self._repeated, Future(self._loop)
            waiting.resolve()
        return notice

    def select(self, matches: Callable[[Notice], bool]) -> list[Notice]:
        """Those that match, the longest not repeated first."""
        self._expire()
        return sorted(filter(matches, self._known.values()), key=lambda notice: notice.repeated)

    async def wait(self, matches: Callable[[Notice], bool], timeout: float) -> list[Notice]:
        """Like ``select``, but wait up to ``timeout`` seconds until there is one."""
        end = now() + int(timeout * _NANO)
        while True:
            found = self.select(matches)
            left = (end - now()) / _NANO
            if found or left <= 0:
                return found
            try:
                await self._loop.wait(self._repeated, left)
            except TimedOut:
                return []

    def _expire(self) -> None:
        oldest = now() - int(_LIFETIME * _NANO)
        for identity in [identity for identity, notice in self._known.items() if notice.last < oldest]:
            del self._known[identity]
