"""Lets containers wait for images that are still being built."""

from __future__ import annotations

import asyncio

from sunbeam.substrates.embedded.podman import Podman

PERIOD = 1.0


class ImageWatch:
    """One listing a second serves everybody who waits; nobody waits, nothing is asked."""

    def __init__(self, podman: Podman) -> None:
        self._podman = podman
        self._names: set[str] = set()
        self._listed = -PERIOD
        self._lock = asyncio.Lock()

    async def has(self, image: str) -> bool:
        """Whether podman has ``image`` (``NAME:TAG``); at most a second old when the answer is no."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if image not in self._names and now - self._listed >= PERIOD:
                self._names = await self._podman.image_names()
                self._listed = now
            return image in self._names

    async def wait(self, image: str) -> None:
        while not await self.has(image):  # noqa: ASYNC110 - another process builds it
            await asyncio.sleep(PERIOD)

    def forget(self, image: str) -> None:
        """Podman said that ``image`` is gone."""
        self._names.discard(image)
