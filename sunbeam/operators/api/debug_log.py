"""The debug log over a websocket: what is kept first, then what comes, through a client's filters."""

from __future__ import annotations

import asyncio
import fnmatch
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from sunbeam.operators.api.wire import Json
from sunbeam.operators.debug_log import LogRecord
from sunbeam.operators.store import Store

FIRST_FRAME = "{}\n"
"""Clients compare this frame with its newline: no error follows."""

DEFAULT_BACKLOG = 1000
MAX_WAITING_RECORDS = 10_000
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class LogFilter:
    """The query of a debug-log request.  Entities and modules may end in ``*``."""

    level: str = ""
    include_entity: tuple[str, ...] = ()
    exclude_entity: tuple[str, ...] = ()
    include_module: tuple[str, ...] = ()
    exclude_module: tuple[str, ...] = ()
    backlog: int = DEFAULT_BACKLOG
    limit: int = 0
    replay: bool = False
    no_tail: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str], lists: Mapping[str, list[str]]) -> LogFilter:
        """Unreadable numbers count as left out: clients send empty texts for what they do not want."""
        return cls(
            level=query.get("level", "").upper(),
            include_entity=tuple(filter(None, lists.get("includeEntity", []))),
            exclude_entity=tuple(filter(None, lists.get("excludeEntity", []))),
            include_module=tuple(filter(None, lists.get("includeModule", []))),
            exclude_module=tuple(filter(None, lists.get("excludeModule", []))),
            backlog=_number(query.get("backlog", ""), DEFAULT_BACKLOG),
            limit=_number(query.get("maxLines", query.get("limit", "")), 0),
            replay=query.get("replay", "").lower() == "true",
            no_tail=query.get("noTail", "").lower() == "true",
        )

    def admits(self, record: LogRecord) -> bool:
        if self.level in _LEVELS and _LEVELS.index(record.level) < _LEVELS.index(self.level):
            return False
        return _passes(record.tag, self.include_entity, self.exclude_entity) and _passes(
            record.module, self.include_module, self.exclude_module
        )


async def stream(store: Store, model_uuid: str, wanted: LogFilter, socket: web.WebSocketResponse) -> None:
    """Send records until the client goes, the limit is reached, or (``noTail``) the kept ones are told."""
    waiting: deque[LogRecord] = deque(maxlen=MAX_WAITING_RECORDS)
    woken = asyncio.Event()

    def follow(record: LogRecord) -> None:
        if record.model_uuid == model_uuid and wanted.admits(record):
            waiting.append(record)
            woken.set()

    kept = [record for record in store.logs(model_uuid) if wanted.admits(record)]
    waiting.extend(kept if wanted.replay or wanted.no_tail else kept[max(0, len(kept) - wanted.backlog) :])
    unfollow = store.debug_log.follow(follow)
    closed = asyncio.create_task(_until_closed(socket, woken))
    try:
        sent = 0
        while not closed.done():
            while waiting and not closed.done():
                await socket.send_json(_json(waiting.popleft()))
                sent += 1
                if wanted.limit and sent >= wanted.limit:
                    return
            if wanted.no_tail:
                return
            woken.clear()
            await woken.wait()
    except ConnectionError:
        return
    finally:
        unfollow()
        closed.cancel()


async def _until_closed(socket: web.WebSocketResponse, woken: asyncio.Event) -> None:
    async for _ in socket:
        pass
    woken.set()


def _json(record: LogRecord) -> Json:
    return {
        "tag": record.tag,
        "ts": record.timestamp,
        "sev": record.level,
        "mod": record.module,
        "loc": "",
        "msg": record.message,
    }


def _passes(name: str, included: tuple[str, ...], excluded: tuple[str, ...]) -> bool:
    if included and not any(_matches(name, pattern) for pattern in included):
        return False
    return not any(_matches(name, pattern) for pattern in excluded)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) or name.startswith(f"{pattern}.")


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default
