"""Waiting without a fixed end: a wait goes on while something progresses (design D8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sunbeam.core.clock import Clock
from sunbeam.core.errors import SunbeamError


@dataclass(frozen=True)
class Look:
    """One look at what is awaited: ``done``, or what is ``missing`` in a sentence naming the unit.

    ``progress`` is any text that changes while things move; ``failed`` is a known error that ends the wait.
    """

    done: bool = False
    missing: str = ""
    progress: str = ""
    failed: SunbeamError | None = None


class WaitedInVain(SunbeamError):
    """Nothing moved for the whole quiet period."""


async def wait_for(
    look: Callable[[], Awaitable[Look]],
    clock: Clock,
    report: Callable[[str], None],
    *,
    quiet_seconds: float = 300,
    pause_seconds: float = 0.5,
    next_command: str = "sunbeam cluster status",
) -> None:
    """Look again and again until done.

    Raises the look's own error as soon as it has one, and WaitedInVain when ``progress`` and ``missing`` stay
    the same for ``quiet_seconds``.
    """
    began = moved = clock.monotonic()
    last = ("", "")
    while True:
        seen = await look()
        if seen.done:
            return
        if seen.failed is not None:
            raise seen.failed
        now = clock.monotonic()
        if (seen.missing, seen.progress) != last:
            last, moved = (seen.missing, seen.progress), now
            report(seen.missing)
        if now - moved > quiet_seconds:
            raise WaitedInVain(
                f"Gave up waiting: {seen.missing}",
                why=f"nothing changed for {now - moved:.0f} s of {now - began:.0f} s",
                next_command=next_command,
            )
        await clock.sleep(pause_seconds)
