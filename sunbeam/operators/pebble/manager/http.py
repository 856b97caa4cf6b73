"""HTTP/1.1 as far as Pebble's clients need it, on a stream socket."""

from __future__ import annotations

import json
import re
import socket
import struct

from .errors import ApiError
from .loop import Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

_REASONS = {
    101: "Switching Protocols", 200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error",
    502: "Bad Gateway", 504: "Gateway Timeout",
}  # fmt: skip
_CHUNK = 65536
_LONGEST_HEAD = 65536
_LONGEST_JSON = 32 * 1024 * 1024
_SEND_TIMEOUT = 60.0


class Disconnected(Exception):
    """The other side is gone."""


class Stream:
    """A socket that is read into a buffer and written without blocking the loop."""

    def __init__(self, loop: Loop, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._loop = loop
        self._socket = connection
        self._buffer = bytearray()

    async def fill(self, timeout: float | None = None) -> bool:
        """Read some more; False at the end."""
        while True:
            try:
                data = self._socket.recv(_CHUNK)
            except BlockingIOError:
                await self._loop.readable(self._socket.fileno(), timeout)
                continue
            except OSError:
                return False
            self._buffer += data
            return bool(data)

    async def until(self, mark: bytes, longest: int, timeout: float | None = None) -> bytes:
        """Up to and without ``mark``.  Raises Disconnected, ApiError when it takes too much."""
        while True:
            at = self._buffer.find(mark)
            if at >= 0:
                return self._take(at + len(mark))[:at]
            if len(self._buffer) > longest:
                raise ApiError(400, "request too large")
            if not await self.fill(timeout):
                raise Disconnected

    async def exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not await self.fill():
                raise Disconnected
        return self._take(size)

    async def some(self, most: int) -> bytes:
        """At least a byte, at most ``most``."""
        if not self._buffer and not await self.fill():
            raise Disconnected
        return self._take(min(most, len(self._buffer)))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def write(self, data: bytes) -> None:
        """Raises Disconnected, also when nobody reads for a minute."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                await self._loop.writable(self._socket.fileno(), _SEND_TIMEOUT)
            except OSError as error:
                raise Disconnected from error

    def peer(self) -> int:
        """The user id of the process at the other end."""
        credentials = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])

    def close(self) -> None:
        self._socket.close()


class Request:
    """Header names are lower case; ``query`` has every value of each key."""

    def __init__(self, stream: Stream, method: str, target: str, headers: dict[str, str]) -> None:
        self.stream = stream
        self.method = method
        path, _, query = target.partition("?")
        self.path = _unquote(path)
        self.query = _parse_query(query)
        self.headers = headers
        self.user = stream.peer()
        self._left = int(headers.get("content-length", 0) or 0)
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"

    def argument(self, key: str, default: str = "") -> str:
        return self.query.get(key, [default])[0]

    def arguments(self, key: str) -> list[str]:
        """Values of a key that may repeat and may hold lists with commas."""
        return [
            part.strip() for value in self.query.get(key, []) for part in value.split(",") if part.strip()
        ]

    async def body(self) -> AsyncIterator[bytes]:
        """The rest of the body, in pieces."""
        while self._left or self._chunked:
            if not self._left:
                size = await self.stream.until(b"\r\n", 1024)
                self._left = int(size.split(b";")[0], 16)
                if not self._left:
                    self._chunked = False
                    await self.stream.until(b"\r\n", _LONGEST_HEAD)
                    return
            piece = await self.stream.some(min(self._left, _CHUNK))
            self._left -= len(piece)
            if self._chunked and not self._left:
                await self.stream.exactly(2)
            yield piece

    async def json(self) -> dict[str, Any]:
        """Raises ApiError."""
        data = bytearray()
        async for piece in self.body():
            data += piece
            if len(data) > _LONGEST_JSON:
                raise ApiError(400, "request too large")
        try:
            value = json.loads(data)
        except ValueError as error:
            raise ApiError(400, f"cannot decode request body: {error}") from error
        if not isinstance(value, dict):
            raise ApiError(400, "cannot decode request body: not an object")
        return value


async def read_request(stream: Stream) -> Request | None:
    """The next request; None when the client has no more.  Raises ApiError, Disconnected."""
    try:
        head = await stream.until(b"\r\n\r\n", _LONGEST_HEAD)
    except Disconnected:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise ApiError(400, "malformed request line")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    try:
        return Request(stream, parts[0], parts[1], headers)
    except ValueError as error:
        raise ApiError(400, f"malformed request: {error}") from error


def head(status: int, headers: dict[str, str]) -> bytes:
    """The start of a response."""
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def send_json(stream: Stream, status: int, value: dict[str, Any]) -> None:
    await send(stream, status, "application/json", json.dumps(value).encode())


async def send(stream: Stream, status: int, kind: str, body: bytes) -> None:
    await stream.write(head(status, {"Content-Type": kind, "Content-Length": str(len(body))}) + body)


def _parse_query(text: str) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for pair in filter(None, text.split("&")):
        key, _, value = pair.replace("+", " ").partition("=")
        query.setdefault(_unquote(key), []).append(_unquote(value))
    return query


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    data = re.sub(
        rb"%([0-9a-fA-F]{2})",
        lambda match: bytes([int(match.group(1), 16)]),
        text.encode("latin-1", "replace"),
    )
    return data.decode(errors="replace")
