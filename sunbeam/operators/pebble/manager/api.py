"""The endpoints of /v1, and how requests reach them."""

from __future__ import annotations

import re

from .daemon import Daemon
from .errors import ApiError
from .http import Disconnected, Request, Stream, read_request, send, send_json
from .loop import TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    Handler = Callable[..., Awaitable["Reply | None"]]

_IDLE_TIMEOUT = 120.0
_ROUTES: list[tuple[str, re.Pattern[str], str, Handler]] = []


class Reply:
    """A result; with ``change`` it is an asynchronous one."""

    def __init__(self, result: Any, change: str = "", status: int = 200) -> None:
        self.result = result
        self.change = change
        self.status = status

    def to_json(self) -> dict[str, Any]:
        if self.change:
            envelope = {"type": "async", "status-code": 202, "status": "Accepted", "change": self.change}
        else:
            text = "OK" if self.status == 200 else "Bad Gateway"
            envelope = {"type": "sync", "status-code": self.status, "status": text}
        return {**envelope, "result": self.result}


def route(method: str, path: str, access: str) -> Callable[[Handler], Handler]:
    """Register a handler; ``{}`` in ``path`` stands for one of its arguments."""
    pattern = re.compile("/v1/" + path.replace("{}", "([^/]+)"))

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, pattern, access, handler))
        return handler

    return register


async def serve(daemon: Daemon, stream: Stream) -> None:
    """Answer requests of one connection until it ends."""
    try:
        while await _serve_one(daemon, stream):
            pass
    except (Disconnected, TimedOut):
        pass
    finally:
        stream.close()


async def _serve_one(daemon: Daemon, stream: Stream) -> bool:
    """Whether the connection can be used again."""
    request = None
    try:
        request = await _next_request(daemon, stream)
        if request is None:
            return False
        reply = await _dispatch(daemon, request)
        if reply is None:
            return False
        async for _ in request.body():
            continue
        status = 202 if reply.change else reply.status
        await send_json(stream, status, reply.to_json())
    except ApiError as error:
        result = {"message": error.message, **({"kind": error.kind} if error.kind else {})}
        envelope = {"type": "error", "status-code": error.status, "status": "error", "result": result}
        if request is not None and error.status != 400:
            async for _ in request.body():
                continue
        await send_json(stream, error.status, envelope)
        return False
    return bool(request.headers.get("connection", "").lower() != "close")


async def _next_request(daemon: Daemon, stream: Stream) -> Request | None:
    reading = daemon.loop.start(read_request(stream))
    try:
        await daemon.loop.wait(reading, _IDLE_TIMEOUT)
    except TimedOut:
        reading.cancel()
    request: Request | None = await reading
    return request


async def _dispatch(daemon: Daemon, request: Request) -> Reply | None:
    allowed = False
    for method, pattern, access, handler in _ROUTES:
        match = pattern.fullmatch(request.path)
        if match is None:
            continue
        if method == request.method:
            daemon.identities.check(request.user, access)
            try:
                return await handler(daemon, request, *match.groups())
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise ApiError(400, f"invalid request: {error!r}") from error
        allowed = True
    if allowed:
        raise ApiError(405, f'method "{request.method}" not allowed', "method-not-allowed")
    raise ApiError(404, f'invalid API endpoint requested: "{request.path}"', "not-found")


async def send_text(request: Request, text: str, kind: str = "text/plain") -> None:
    await send(request.stream, 200, kind, text.encode())
