"""One websocket to a controller or a model, kept by libjuju and reopened by us.

libjuju's own reconnection runs in tasks nobody waits for and backs off for a minute; it is switched off here.
A request that was never sent waits for the controller to come back; one whose answer was lost is repeated
only if it is a read, since nobody knows whether it took effect.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

from juju import errors as libjuju
from websockets.exceptions import WebSocketException

from sunbeam.core.proxy import reach_directly
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import (
    JujuAlreadyExists,
    JujuError,
    JujuLoginRefused,
    JujuNotFound,
    JujuNotImplemented,
    JujuUnreachable,
)

PATIENCE = 20.0
"""Seconds for which an unreachable controller is tried again: a restart of the daemon takes less."""

PING_SECONDS = 10.0
"""Juju ends a connection that does not ping for three minutes."""

logging.getLogger("juju").setLevel(logging.CRITICAL)

BROKEN = (OSError, TimeoutError, WebSocketException, libjuju.JujuConnectionError)


class Link:
    """A connection to ``/api`` (``uuid`` None) or to one model, opened at the first request."""

    def __init__(self, credentials: Credentials, uuid: str | None = None) -> None:
        self.credentials = credentials
        self.uuid = uuid
        self._connection: Any = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def request(self, facade: str, method: str, params: Any = None, *, read: bool = False) -> Any:
        """Call ``facade.method`` at the version both sides know; returns the response as plain JSON.

        Raises JujuError and its kinds; an error of any item of a bulk request counts.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            connection = await self._open(deadline)
            message = {"type": facade, "request": method, "params": params or {}}
            if facade not in connection.facades:
                raise JujuNotImplemented(
                    f"Juju cannot {method}", where=self._where, why=f"the controller has no facade {facade}"
                )
            if isinstance(params, dict) and "Id" in params:
                message["Id"] = params["Id"]
                message["params"] = {}
            try:
                answer = await connection.rpc(message)
                return answer.get("response") or {}
            except BROKEN as error:
                await self._drop(connection)
                if not read or asyncio.get_running_loop().time() > deadline:
                    raise self._unreachable(error) from error
            except libjuju.JujuError as error:
                self._refused(f"{facade}.{method}", error)

    async def close(self) -> None:
        """End the connection for good: a later request would leave one that nobody closes."""
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await _close(connection)

    async def _open(self, deadline: float) -> Any:
        async with self._opening:
            if self._closed:
                raise self._unreachable(ConnectionError("this connection was closed"))
            if self._connection is not None and self._connection.is_open:
                return self._connection
            if self._connection is not None:
                await self._end()
            pause = 0.05
            while True:
                try:
                    self._connection = await self._connect()
                    return self._connection
                except libjuju.JujuAuthError as error:
                    raise self._login_refused(str(error)) from error
                except ssl.SSLError as error:
                    raise self._unreachable(error) from error
                except BROKEN as error:
                    if asyncio.get_running_loop().time() + pause > deadline:
                        raise self._unreachable(error) from error
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 1.0)
                except libjuju.JujuAPIError as error:
                    if "unauthorized" in (error.error_code or ""):
                        raise self._login_refused(error.message) from error
                    self._refused("Admin.Login", error)

    async def _connect(self) -> Any:
        # Importing it takes most of a second, which a provider that only tells its schema does not need.
        from juju.client.connection import Connection

        for endpoint in self.credentials.endpoints:
            reach_directly(urlsplit(f"//{endpoint}").hostname or "")
        async with asyncio.timeout(PATIENCE):
            connection = await Connection.connect(
                endpoint=list(self.credentials.endpoints),
                uuid=self.uuid,
                username=self.credentials.username,
                password=self.credentials.password,
                cacert=self.credentials.ca_certificate or None,
                retries=0,
            )
        await connection.monitor.reconnecting.acquire()
        # libjuju's own pinger leaves a ping behind that is under way when the connection closes.
        connection._pinger_task.cancel()
        connection._pinger_task = asyncio.create_task(_keep_alive(connection))
        return connection

    async def _drop(self, connection: Any) -> None:
        if self._connection is connection:
            self._connection = None
        await _close(connection)

    @property
    def _where(self) -> str:
        controller = ", ".join(self.credentials.endpoints)
        return f"model {self.uuid} at {controller}" if self.uuid else f"controller at {controller}"

    def _unreachable(self, error: BaseException) -> JujuUnreachable:
        return JujuUnreachable(
            "cannot talk to Juju",
            where=self._where,
            why=str(error) or type(error).__name__,
            next_command="sunbeam cluster status",
        )

    def _login_refused(self, why: str) -> JujuLoginRefused:
        return JujuLoginRefused(
            f"cannot log in as {self.credentials.username}",
            where=self._where,
            why=why,
            next_command="sunbeam juju data-dir",
        )

    def _refused(self, call: str, error: Any) -> NoReturn:
        """libjuju keeps no code of an item's error, so its text decides the kind, as in Juju's own client."""
        code = getattr(error, "error_code", "") or ""
        text = "; ".join(str(item) for item in error.errors) or str(error)
        kinds = (
            (JujuNotFound, "not found", "does not exist"),
            (JujuAlreadyExists, "already exists", "already exists"),
            (JujuNotImplemented, "not implemented", "is not implemented"),
        )
        kind = next((kind for kind, word, phrase in kinds if code == word or phrase in text), JujuError)
        if kind is JujuError and ("not found" in code + text or "unknown model" in text):
            kind = JujuNotFound
        refusal = kind(f"Juju refused {call}", where=self._where, why=text)
        refusal.code = code
        raise refusal from error


async def _keep_alive(connection: Any) -> None:
    """Ping until the connection breaks, which its next request will find."""
    with suppress(*BROKEN, libjuju.JujuError):
        while True:
            await asyncio.sleep(PING_SECONDS)
            await connection.rpc({"type": "Pinger", "request": "Ping"})


async def _close(connection: Any) -> None:
    with suppress(*BROKEN):
        await connection.close()
    await asyncio.sleep(0)  # lets the tasks that libjuju cancelled end before their loop does
