from __future__ import annotations

import asyncio

from sunbeam.images.slots import Slots


async def test_the_most_urgent_goes_first_and_equals_keep_their_order() -> None:
    slots = Slots(1)
    order: list[str] = []

    async def work(name: str, priority: int) -> None:
        async with slots.slot(priority):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(work("small", 1), work("large", 9), work("other", 1), work("middle", 5))
    assert order == ["large", "middle", "small", "other"]


async def test_a_cancelled_waiter_takes_no_slot_with_it() -> None:
    slots = Slots(1)
    async with slots.slot(0):
        waiting = asyncio.create_task(_hold(slots))
        await asyncio.sleep(0.01)
        waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1):
        await _hold(slots)


async def _hold(slots: Slots) -> None:
    async with slots.slot(1):
        await asyncio.sleep(0)
