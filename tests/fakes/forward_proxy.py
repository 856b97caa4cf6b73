"""A forward proxy for HTTP and CONNECT on loopback that counts what is asked of it.

Whatever a request names is answered by one server of the test, so that names need not exist.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class ForwardProxy:
    """``asked``: method and place (``host:port`` or URL) of each request that was let through."""

    credentials: str = ""
    answer: bytes = b"through the proxy\n"
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        user = f"{self.credentials}@" if self.credentials else ""
        return f"http://{user}127.0.0.1:{self.port}"

    def hosts(self) -> set[str]:
        places = (each.split(" ", 1)[1] for each in self.asked)
        return {urlsplit(each if "//" in each else f"//{each}").hostname or "" for each in places}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ForwardProxy]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                if not await self._answer(head, writer):
                    break
        writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        method, place, _ = head.partition("\r\n")[0].split(" ", 2)
        if self.credentials and not self._knows(head):
            self.refused += 1
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return False
        self.asked.append(f"{method} {place}")
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 502 There is no TLS behind this proxy\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return False
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.answer)}\r\n\r\n".encode() + self.answer)
        await writer.drain()
        return True

    def _knows(self, head: str) -> bool:
        wanted = base64.b64encode(self.credentials.encode()).decode()
        return f"proxy-authorization: basic {wanted}".lower() in head.lower()
