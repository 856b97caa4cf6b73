"""The server's side of a WebSocket (RFC 6455)."""

from __future__ import annotations

from binascii import b2a_base64

try:
    from _sha1 import sha1  # type: ignore[import-not-found]  # hashlib would load all of OpenSSL
except ImportError:
    from hashlib import sha1

from .errors import ApiError
from .http import Disconnected, Request, Stream, head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, TEXT, BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_LONGEST = 16 * 1024 * 1024


class WebSocket:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def receive(self) -> tuple[int, bytes]:
        """The next message and its kind, TEXT or BINARY.  Raises Disconnected."""
        kind, message = 0, b""
        while True:
            first, second = await self._stream.exactly(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(await self._stream.exactly(2 if size == 126 else 8), "big")
            if size + len(message) > _LONGEST or not second & 0x80:
                raise Disconnected
            mask = await self._stream.exactly(4)
            payload = _unmask(await self._stream.exactly(size), mask)
            operation = first & 0x0F
            if operation == _CLOSE:
                raise Disconnected
            if operation == _PING:
                await self._send(_PONG, payload)
            elif operation != _PONG:
                kind, message = operation or kind, message + payload
                if first & 0x80:
                    return kind, message

    async def send_text(self, text: str) -> None:
        await self._send(TEXT, text.encode())

    async def send_binary(self, data: bytes) -> None:
        await self._send(BINARY, data)

    async def _send(self, operation: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            header = bytes([0x80 | operation, size])
        elif size < 65536:
            header = bytes([0x80 | operation, 126]) + size.to_bytes(2, "big")
        else:
            header = bytes([0x80 | operation, 127]) + size.to_bytes(8, "big")
        await self._stream.write(header + payload)


async def upgrade(request: Request) -> WebSocket:
    """Answer the handshake.  Raises ApiError when it is none."""
    key = request.headers.get("sec-websocket-key")
    if not key or request.headers.get("upgrade", "").lower() != "websocket":
        raise ApiError(400, "this is a websocket: a handshake is needed")
    accept = b2a_base64(sha1(key.encode() + _GUID).digest(), newline=False).decode()
    headers: dict[str, Any] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept,
    }
    await request.stream.write(head(101, headers))
    return WebSocket(request.stream)


def _unmask(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
