"""The debug log of a model: the websocket ``/model/UUID/log`` of the Juju API."""

from __future__ import annotations

import json
import ssl
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp

from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import JujuError, JujuUnreachable

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class LogQuery:
    """``level`` is the least shown; ``unit`` a unit (``nova/0``), an application, or empty for all."""

    level: str
    unit: str
    lines: int

    @property
    def entity(self) -> str:
        """The tag, with ``*`` for every unit of an application."""
        if not self.unit:
            return ""
        application, _, number = self.unit.partition("/")
        return f"unit-{application}-{number or '*'}"


@dataclass(frozen=True)
class LogLine:
    """``time`` is RFC 3339 in UTC, ``entity`` a unit's name or another entity's tag."""

    time: str
    level: str
    entity: str
    module: str
    message: str

    def fields(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        moment = self.time[:19].replace("T", " ")
        return f"{moment} {self.level:7} {self.entity} {self.module}: {self.message}"


class DebugLog:
    """Methods raise JujuUnreachable when the controller does not answer, JujuError when it refuses."""

    def __init__(self, credentials: Credentials, model_uuid: str) -> None:
        self._credentials = credentials
        self._model_uuid = model_uuid

    async def kept(self, query: LogQuery) -> list[LogLine]:
        """The last lines there are, oldest first.

        Juju sends all that it keeps when it is not asked to go on.
        """
        last: deque[LogLine] = deque(maxlen=query.lines)
        async for line in self._stream(query, {"noTail": "true"}):
            last.append(line)
        return list(last)

    def follow(self, query: LogQuery) -> AsyncIterator[LogLine]:
        """The last lines, then new ones until the controller ends it."""
        return self._stream(query, {"backlog": str(query.lines)})

    async def _stream(self, query: LogQuery, how: dict[str, str]) -> AsyncIterator[LogLine]:
        parameters = {"level": query.level, **how}
        if query.entity:
            parameters["includeEntity"] = query.entity
        endpoint = self._credentials.endpoints[0]
        login = aiohttp.encode_basic_auth(f"user-{self._credentials.username}", self._credentials.password)
        try:
            async with (
                aiohttp.ClientSession(
                    headers={"Authorization": login},
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                ) as session,
                session.ws_connect(
                    f"https://{endpoint}/model/{self._model_uuid}/log",
                    params=parameters,
                    ssl=_tls(self._credentials.ca_certificate),
                    max_msg_size=0,
                ) as socket,
            ):
                self._check(json.loads(await socket.receive_str()))
                async for frame in socket:
                    yield _line(json.loads(frame.data))
        except (aiohttp.ClientError, OSError, TypeError) as error:
            raise JujuUnreachable(
                "cannot read the debug log",
                where=f"model {self._model_uuid} at {endpoint}",
                why=str(error),
                next_command="sunbeam cluster status",
            ) from error

    def _check(self, first: dict[str, Any]) -> None:
        """The first frame tells an error, or none."""
        if first.get("error"):
            raise JujuError(
                "Juju refused to tell the debug log",
                where=f"model {self._model_uuid}",
                why=str(first["error"].get("message", "")),
                next_command="sunbeam juju status",
            )


def _tls(authority: str) -> ssl.SSLContext:
    """As libjuju does: a controller's own authority certifies no host names."""
    context = ssl.create_default_context(cadata=authority or None)
    context.check_hostname = not authority
    return context


def _line(raw: dict[str, Any]) -> LogLine:
    tag = str(raw["tag"])
    entity = tag
    if tag.startswith("unit-"):
        application, _, number = tag.removeprefix("unit-").rpartition("-")
        entity = f"{application}/{number}"
    return LogLine(raw["ts"], raw["sev"], entity, raw["mod"], raw["msg"])
