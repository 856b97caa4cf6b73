"""Shows the events of a change: a live picture on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from sunbeam.cli.render_plain import Plain, Quiet, say
from sunbeam.cli.session import Output
from sunbeam.core.clock import Clock
from sunbeam.core.events import Event, Heartbeat

TICK_SECONDS = 0.5
TICKS_PER_HEARTBEAT = 30


class Renderer(Protocol):
    """Shows each event; ``tick`` is called twice a second, for what changes with time."""

    def __call__(self, event: Event) -> None: ...

    def tick(self) -> None: ...


@contextmanager
def renderer(output: Output) -> Iterator[Renderer]:
    """For ``output`` and what standard output is."""
    if output is Output.JSON:
        yield JsonLines()
    elif output is Output.QUIET:
        yield Quiet()
    elif sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with _live(verbose=output is Output.VERBOSE) as live:
            yield live
    else:
        yield Plain(verbose=output is Output.VERBOSE)


async def with_heartbeat(work: Coroutine[Any, Any, None], show: Renderer, clock: Clock) -> None:
    """Do ``work``; tell ``show`` that time passes, and every 15 seconds that we live."""

    async def beat() -> None:
        while True:
            for _ in range(TICKS_PER_HEARTBEAT):
                await clock.sleep(TICK_SECONDS)
                show.tick()
            show(Heartbeat(0))

    beating = asyncio.create_task(beat())
    try:
        await work
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


class JsonLines:
    """Each event as a line."""

    def __call__(self, event: Event) -> None:
        say(json.dumps(event.as_dict()))

    def tick(self) -> None:
        """Lines do not change with time."""


@contextmanager
def _live(*, verbose: bool) -> Iterator[Renderer]:
    from sunbeam.cli.render_frame import printed_above
    from sunbeam.cli.render_live import Live

    live = Live(sys.stdout, verbose=verbose)
    with printed_above(live.say):
        try:
            yield live
        finally:
            live.close()
