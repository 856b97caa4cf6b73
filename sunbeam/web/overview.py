"""The page of a node: what runs now, how the cloud is, what was changed; kept fresh by a stream."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sunbeam.web.access import Session
from sunbeam.web.change_feed import past_or_none
from sunbeam.web.headline import headline
from sunbeam.web.pages import SESSION, page, render
from sunbeam.web.parts import BASE, COOKIE, VIEW, View

PARTS = ("headline", "change", "cloud", "past")
"""Each is the template ``part-NAME.html`` with one element of this id."""

LOOK_SECONDS = 0.4
RENEW_SECONDS = 5.0
"""How often what depends on the time of day is renewed, and a stream without news says that it lives."""

FIRST_ANSWER_SECONDS = 0.8
STOPPING: web.AppKey[asyncio.Event] = web.AppKey("stopping", asyncio.Event)

routes = web.RouteTableDef()


@routes.get(f"{BASE}/")
async def overview(request: web.Request) -> web.StreamResponse:
    view = request.app[VIEW]
    quiet = view.changes.newest() is None and not view.changes.starting()
    if quiet and not view.cloud.is_node and view.commands.last is None:
        raise web.HTTPSeeOther(f"{BASE}/setup")
    await view.cloud.first(FIRST_ANSWER_SECONDS)
    return page(request, "overview.html", **_values(view))


@routes.get(f"{BASE}/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    """Server-sent events: each part whose HTML is new, and all of them to whoever saw another state."""
    view, session = request.app[VIEW], request[SESSION]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(f"retry: 500\nevent: clock\ndata: {time.time():.1f}\n\n".encode())
    watcher = Watcher(view, session, request.headers.get("Last-Event-ID", ""))
    while not request.app[STOPPING].is_set() and view.access.session(request.cookies.get(COOKIE, "")):
        try:
            if news := watcher.look():
                await response.write(news)
        except ConnectionResetError:
            break
        with suppress(TimeoutError):
            await asyncio.wait_for(request.app[STOPPING].wait(), LOOK_SECONDS)
    return response


@dataclass
class _Sent:
    stamp: str = ""
    at: float = float("-inf")


class Watcher:
    """What one reader of the stream has; ``seen`` is the id of the last event that it got before."""

    def __init__(self, view: View, session: Session, seen: str = "") -> None:
        self._view = view
        self._session = session
        self._seen = seen
        self._parts: dict[str, str] = {}
        self._sent = _Sent()

    def look(self) -> bytes:
        """The events to send now; a comment if there is nothing to tell for a while; else nothing."""
        self._view.cloud.refresh()
        answer = self._view.cloud.answer
        attempt = self._view.commands.last
        stamp = f"{self._view.changes.stamp()} {answer.at if answer else ''} {attempt}"
        if stamp == self._sent.stamp and time.monotonic() - self._sent.at < RENEW_SECONDS:
            return b""
        self._sent = _Sent(stamp, time.monotonic())
        return self._events() or b": \n\n"

    def _events(self) -> bytes:
        values = {"view": self._view, "session": self._session, **_values(self._view)}
        parts = {name: render(f"part-{name}.html", values) for name in PARTS}
        state = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        if not self._parts and state == self._seen:
            self._parts = parts
        fresh = {name: html for name, html in parts.items() if html != self._parts.get(name)}
        self._parts = parts
        if not fresh:
            return b""
        return f"id: {state}\nevent: parts\ndata: {json.dumps(fresh)}\n\n".encode()


def _values(view: View) -> dict[str, Any]:
    change, answer = view.changes.newest(), view.cloud.answer
    attempt = view.commands.last
    starting = view.changes.starting() or bool(attempt and attempt.looking)
    refused = attempt if attempt and attempt.refused and not starting else None
    return {
        "change": change,
        "answer": answer,
        "starting": starting,
        "refused": refused,
        "is_node": view.cloud.is_node,
        "past": past_or_none(view.changes),
        "headline": headline(change, answer, refused, starting=starting, is_node=view.cloud.is_node),
    }
