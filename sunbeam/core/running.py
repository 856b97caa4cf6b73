"""Running coroutines from plain code."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from sunbeam.core.command import this_command
from sunbeam.core.errors import Interrupted

T = TypeVar("T")
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


def run(work: Coroutine[Any, Any, T]) -> T:
    """asyncio.run in which SIGTERM ends like Ctrl-C.  Raises Interrupted for both.

    What comes before the loop can hear it waits: an exception of a signal handler may be lost, since Python
    ignores those that are raised in callbacks of its own.
    """

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
        return await task

    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        return asyncio.run(guarded())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("Interrupted", next_command=this_command()) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
