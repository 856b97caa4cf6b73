"""Doing plain work in a thread from a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """What ``work`` returns.  Cancelled, however often, it waits for the thread, which cannot be stopped."""
    working = asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError as word:
            cancelled = word
    if cancelled is not None:
        raise cancelled
    return working.result()
