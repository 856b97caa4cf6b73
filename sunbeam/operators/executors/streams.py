"""Reading what a hook prints, without waiting for background processes that keep its output open."""

from __future__ import annotations

import asyncio
import os

from sunbeam.operators.executors.task import OnLine

_LINE_LIMIT = 1 << 22
_GRACE_SECONDS = 0.5


class Pipe:
    """A pipe read here; ``write_end`` is given to a child and closed by ``give_away``."""

    def __init__(
        self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport, write_end: int
    ) -> None:
        self.reader = reader
        self.write_end = write_end
        self._transport = transport

    @classmethod
    async def open(cls) -> Pipe:
        read_end, write_end = os.pipe()
        reader = asyncio.StreamReader(limit=_LINE_LIMIT)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
        )
        return cls(reader, transport, write_end)

    def give_away(self) -> None:
        """Close our copy of the write end, so that the reader sees the end when the children are gone."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def close(self) -> None:
        self.give_away()
        self._transport.close()


async def follow(reader: asyncio.StreamReader, on_line: OnLine) -> None:
    """Give each line to ``on_line`` until the end; overlong lines arrive in pieces."""
    while True:
        try:
            raw = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                on_line(_text(end.partial))
            return
        except asyncio.LimitOverrunError as overrun:
            raw = await reader.readexactly(overrun.consumed)
        on_line(_text(raw))


async def finish(followers: asyncio.Future[None]) -> None:
    """Wait for output that is still in the pipe; a daemon left behind by the hook is not waited for."""
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await followers
    except TimeoutError:
        followers.cancel()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace").rstrip("\n")
