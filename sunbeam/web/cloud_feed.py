"""The health of the cloud, asked at most every few seconds and only while somebody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sunbeam.cluster.health import Health
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths

FRESH_SECONDS = 10.0

Examine = Callable[[Paths, NodeSettings], Awaitable[Health]]


@dataclass(frozen=True)
class Answer:
    """What the last look gave: ``health``, or why there is none; ``at`` in seconds since 1970."""

    health: Health | None
    settings: NodeSettings | None
    problem: str
    at: float


class CloudFeed:
    """One look at a time, whoever asks for it."""

    def __init__(
        self, paths: Paths, examine: Examine, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._paths = paths
        self._examine = examine
        self._monotonic = monotonic
        self._looking: asyncio.Task[None] | None = None
        self._looked = float("-inf")
        self.answer: Answer | None = None

    @property
    def is_node(self) -> bool:
        return NodeSettings.exists(self._paths)

    def refresh(self) -> None:
        """Look again in the background if the last look is old; needs a running event loop."""
        old = self._monotonic() - self._looked > FRESH_SECONDS
        if self.is_node and old and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())

    async def first(self, seconds: float) -> Answer | None:
        """The last answer; waits ``seconds`` at the most for the first one."""
        self.refresh()
        if self.answer is None and self._looking is not None:
            await asyncio.wait({self._looking}, timeout=seconds)
        return self.answer

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    async def _look(self) -> None:
        health, settings, problem = None, None, ""
        try:
            settings = NodeSettings.read(self._paths)
            health = await self._examine(self._paths, settings)
        except Exception as error:  # whatever it is, pages tell it and do not ask at once again
            problem = str(error) or type(error).__name__
        finally:
            self._looked = self._monotonic()
        self.answer = Answer(health, settings, problem, time.time())


async def examine(paths: Paths, settings: NodeSettings) -> Health:
    """The real look; its libraries are loaded when it is first needed."""
    from sunbeam.cluster import health

    return await health.examine(paths, settings)
