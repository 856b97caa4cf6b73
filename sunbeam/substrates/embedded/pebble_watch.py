"""Follows one Pebble over its socket: its boot id, its checks, and the notices charms hear of."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

SOCKET = "pebble.socket"
LONG_POLL = 60
FIRST_PAUSE = 0.03
LONGEST_PAUSE = 1.0
CHECK_CHANGES = ("perform-check", "recover-check")


@dataclass(frozen=True)
class PebbleView:
    """``notices``: all custom notices, and the change of the last failure and recovery of each check."""

    boot_id: str
    checks: dict[str, str] = field(default_factory=dict)
    notices: tuple[dict[str, Any], ...] = ()


class PebbleWatch:
    """Reads Pebble's API (documentation.ubuntu.com/pebble/reference/api) and long-polls its notices."""

    def __init__(self, folder: Callable[[], Path], on_view: Callable[[PebbleView | None], None]) -> None:
        """``folder`` tells where the socket is now; ``on_view`` gets None when Pebble stops to answer."""
        self._folder = folder
        self._on_view = on_view
        self._is_seen = False

    async def run(self) -> None:
        """Follow until cancelled, over restarts of Pebble."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._follow()
            except (OSError, aiohttp.ClientError, TimeoutError, KeyError, ValueError):
                pause = FIRST_PAUSE if self._is_seen else min(pause * 1.3, LONGEST_PAUSE)
                self._show(None)
            await asyncio.sleep(pause)

    async def _follow(self) -> None:
        with reachable(self._folder()) as socket:
            timeout = aiohttp.ClientTimeout(total=LONG_POLL + 30, sock_connect=5)
            connector = aiohttp.UnixConnector(path=socket)
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                pebble = _Api(session)
                boot_id = str((await pebble.get("/v1/system-info"))["boot-id"])
                await self._follow_notices(pebble, boot_id)

    def _show(self, view: PebbleView | None) -> None:
        if view is not None or self._is_seen:
            self._on_view(view)
        self._is_seen = view is not None

    async def _follow_notices(self, pebble: _Api, boot_id: str) -> None:
        kept: dict[tuple[str, ...], dict[str, Any]] = {}
        fresh: list[dict[str, Any]] = await pebble.get("/v1/notices?users=all") or []
        checks = await pebble.checks()
        after = ""
        while True:
            kept.update({_key(notice): notice for notice in fresh if _is_for_charms(notice)})
            self._show(PebbleView(boot_id, checks, tuple(kept.values())))
            after = max([after, *(notice["last-repeated"] for notice in fresh)])
            fresh = await pebble.get("/v1/notices", users="all", timeout=f"{LONG_POLL}s", after=after) or []
            if any(_is_check_change(notice) for notice in fresh):
                checks = await pebble.checks()


@dataclass
class _Api:
    session: aiohttp.ClientSession

    async def get(self, path: str, **query: str) -> Any:
        """The ``result``; raises ValueError if Pebble refuses."""
        given = {name: value for name, value in query.items() if value}
        async with self.session.get(f"http://pebble{path}", params=given) as response:
            body = await response.json()
        if body.get("type") == "error":
            raise ValueError(body["result"]["message"])
        return body["result"]

    async def checks(self) -> dict[str, str]:
        return {check["name"]: check["status"] for check in await self.get("/v1/checks") or []}


@contextlib.contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """A path of the socket short enough for the kernel, whose limit is 107 bytes."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


def _is_check_change(notice: dict[str, Any]) -> bool:
    kind = (notice.get("last-data") or {}).get("kind")
    return notice["type"] == "change-update" and kind in CHECK_CHANGES


def _is_for_charms(notice: dict[str, Any]) -> bool:
    return notice["type"] == "custom" or _is_check_change(notice)


def _key(notice: dict[str, Any]) -> tuple[str, ...]:
    if notice["type"] == "custom":
        return ("custom", str(notice.get("user-id")), notice["key"])
    data = notice["last-data"]
    return (data["kind"], str(data.get("check-name", notice["key"])))
