from __future__ import annotations

import asyncio
import threading

import pytest

from sunbeam.core.threads import in_thread


async def test_what_a_thread_returns_or_raises_comes_out() -> None:
    assert await in_thread(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)


async def test_who_is_cancelled_waits_for_the_thread() -> None:
    go_on = threading.Event()
    working = asyncio.ensure_future(in_thread(go_on.wait))
    for _ in range(3):
        await asyncio.sleep(0.01)
        working.cancel()
    await asyncio.sleep(0.01)
    assert not working.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
