"""How rules see the machine: each reading is made once, when first asked for, in a time limit of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiohttp

from sunbeam.core.clock import Clock
from sunbeam.core.ending import end
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed, Processes, ProcessFailed

P = ParamSpec("P")
T = TypeVar("T")

READING_SECONDS = 5.0
FORESEEN = (OSError, ValueError, KeyError, SunbeamError, ProcessFailed, sqlite3.Error, aiohttp.ClientError)


class NotRead(Exception):
    """A reading could not be made; the text says why in one line."""


class Look:
    """Call it with a reading (a function of ``Look``) and its arguments; reading changes nothing.

    What a reading raises of ``FORESEEN``, and its time limit, become NotRead for everyone who asks.
    """

    def __init__(
        self, paths: Paths, processes: Processes, clock: Clock, seconds: float = READING_SECONDS
    ) -> None:
        self.paths = paths
        self.processes = processes
        self.clock = clock
        self._seconds = seconds
        self._made: dict[tuple[Any, ...], asyncio.Task[Any]] = {}

    async def __call__(
        self, reading: Callable[Concatenate[Look, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The reading's answer.  Raises NotRead."""
        key = (reading, *args)
        if key not in self._made:
            self._made[key] = asyncio.ensure_future(self._read(reading, *args, **kwargs))
        answer: T = await asyncio.shield(self._made[key])
        return answer

    async def known(
        self, reading: Callable[Concatenate[Look, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """The reading's answer, or None if it cannot be made."""
        try:
            return await self(reading, *args, **kwargs)
        except NotRead:
            return None

    async def output(self, *argv: str) -> str:
        """What a program prints.  Raises as ``Processes.run`` does, which readings may let pass."""
        return (await self.run(*argv)).stdout

    async def run(self, *argv: str, check: bool = True) -> Completed:
        return await self.processes.run(argv, check=check, timeout=self._seconds, env={"LC_ALL": "C.UTF-8"})

    async def close(self) -> None:
        """End readings that nobody waits for any more."""
        await end(self._made.values())

    async def _read(
        self, reading: Callable[Concatenate[Look, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await reading(self, *args, **kwargs)
        except TimeoutError:
            raise NotRead(f"no answer within {self._seconds:g} s") from None
        except FORESEEN as error:
            raise NotRead(_line(error)) from error


def _line(error: BaseException) -> str:
    if isinstance(error, SunbeamError):
        return ": ".join(text for text in (error.what, " ".join(error.why.split())) if text)
    return " ".join(str(error).split()) or type(error).__name__
