"""Waiting without a fixed end: a wait goes on while something progresses (design D8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sunbeam.core.clock import Clock
from sunbeam.core.errors import SunbeamError


@dataclass(frozen=True)
class Look:
    """One look at what is awaited: ``done``, or what is ``missing`` in a sentence, of which ``unit``.

    ``progress`` is any text that changes while things move; ``failed`` is a known error that ends the wait.
    """

    done: bool = False
    missing: str = ""
    progress: str = ""
    failed: SunbeamError | None = None
    unit: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.unit}: {self.missing}" if self.unit else self.missing


class WaitedInVain(SunbeamError):
    """Nothing moved for the whole quiet period."""

    id = "waited-in-vain"


async def wait_for(
    look: Callable[[], Awaitable[Look]],
    clock: Clock,
    *,
    on_look: Callable[[Look], None] = lambda seen: None,
    quiet_seconds: float = 300,
    pause_seconds: float = 0.5,
    next_command: str = "sunbeam cluster status",
) -> None:
    """Look again and again until done; ``on_look`` is told when what is missing changes.

    Raises the look's own error as soon as it has one, and WaitedInVain when nothing in the look changed for
    ``quiet_seconds``.
    """
    began = moved = clock.monotonic()
    last = told = Look()
    while True:
        seen = await look()
        if seen.done:
            return
        if seen.failed is not None:
            raise seen.failed
        now = clock.monotonic()
        if seen != last:
            last, moved = seen, now
        if seen.sentence != told.sentence:
            told = seen
            on_look(seen)
        if now - moved > quiet_seconds:
            raise WaitedInVain(
                f"Gave up waiting: {seen.sentence}",
                where=seen.unit,
                why=f"nothing changed for {now - moved:.0f} s of {now - began:.0f} s",
                next_command=next_command,
            )
        await clock.sleep(pause_seconds)
