"""A browser of few words, and commands that are only noted."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.web.commands import Attempt, Commands
from sunbeam.web.parts import BASE, COOKIE, View

FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass
class Page:
    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Visitor:
    client: TestClient[Any, Any]
    view: View
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def log_in(self) -> None:
        self.cookie = self.view.access.begin()

    async def get(self, path: str, **headers: str) -> Page:
        return await _page(
            await self.client.get(f"{BASE}{path}", allow_redirects=False, headers=self._all(headers))
        )

    async def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        """With the session's form token."""
        session = self.view.access.session(self.cookie)
        token = {"form_token": session.form_token} if session else {}
        return await self.post_bare(path, {**token, **(form or {})}, **headers)

    async def post_bare(self, path: str, form: dict[str, str], **headers: str) -> Page:
        answer = await self.client.post(
            f"{BASE}{path}", data=form, allow_redirects=False, headers=self._all(headers)
        )
        return await _page(answer)

    async def stream(self, events: int, **headers: str) -> list[dict[str, Any]]:
        """The first events of the stream: id, event and data."""
        found: list[dict[str, Any]] = []
        async with self.client.get(f"{BASE}/stream", headers=self._all(headers)) as answer:
            assert answer.status == 200 and answer.content_type == "text/event-stream"
            event: dict[str, Any] = {}
            async with asyncio.timeout(5):
                async for raw in answer.content:
                    name, _, text = raw.decode().rstrip("\n").partition(": ")
                    if name:
                        event[name] = text
                    elif event:
                        found, event = [*found, event], {}
                    if len(found) == events:
                        break
        return found

    def _all(self, headers: dict[str, str]) -> dict[str, str]:
        cookie = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        return {**cookie, **{name.replace("_", "-"): text for name, text in headers.items()}}


async def _page(answer: ClientResponse) -> Page:
    return Page(answer.status, await answer.text(), dict(answer.headers))


def parts(event: dict[str, Any]) -> dict[str, str]:
    assert event["event"] == "parts"
    found: dict[str, str] = json.loads(event["data"])
    return found


async def until(holds: Callable[[], bool]) -> None:
    """Wait at most ten seconds."""
    async with asyncio.timeout(10):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


class RecordedCommands(Commands):
    """Notes what would be typed; ``answer`` is what a command that looks prints."""

    def __init__(self, paths: Paths) -> None:
        super().__init__(paths, ())
        self.typed: list[str] = []
        self.answer = Completed((), 0)

    def begin(self, *words: str) -> None:
        self.typed.append(" ".join(words))
        self.last = Attempt(words)

    async def output(self, *words: str) -> Completed:
        self.typed.append(" ".join(words))
        return self.answer
