"""The view on its port.  Two processes of root may share it, which is how one hands over to the next.

A foreground ``sunbeam web`` keeps the port until the sunbeamd of the new cloud listens on it too; then it
closes, and no connection is refused in between (SO_REUSEPORT); one that comes in that very moment is reset,
and browsers make it again.  Sessions and certificate are on disk.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file
from sunbeam.web.settings import WebSettings, in_url

if TYPE_CHECKING:
    from aiohttp.web import AppRunner

LOOK_SECONDS = 1.0
"""How often sunbeamd looks whether the view was turned on or off."""

SHUTDOWN_SECONDS = 2.0
IDLE_SECONDS = 30.0
"""How long a connection may take for its handshake, and to the end of the headers of each request."""

MOST_CONNECTIONS = 200
"""A browser has up to six; the process has descriptors for about a thousand files."""

logger = logging.getLogger("sunbeam.web")


@asynccontextmanager
async def listening(paths: Paths, settings: WebSettings) -> AsyncIterator[None]:
    """Serve the view.  Raises SunbeamError if the port cannot be had."""
    from aiohttp import web

    from sunbeam.web import tls
    from sunbeam.web.app import application

    pair = tls.certificate(paths, settings.host)
    logging.getLogger("aiohttp.server").addFilter(_in_one_line)
    runner = web.AppRunner(
        application(paths),
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=IDLE_SECONDS,
    )
    await runner.setup()
    server = None
    try:
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: _connection(runner),
                settings.host,
                settings.port,
                ssl=tls.context(pair),
                ssl_handshake_timeout=IDLE_SECONDS,
                reuse_port=True,
            )
        except OSError as error:
            raise _cannot_listen(settings, error) from error
        yield
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()


def _in_one_line(record: logging.LogRecord) -> bool:
    """A filter: requests that are none are told without a traceback, for anybody can send them."""
    from aiohttp.http_exceptions import HttpProcessingError
    from aiohttp.web import RequestPayloadError

    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | RequestPayloadError):
        record.msg, record.args = f"a request cannot be read: {type(error).__name__}", ()
        record.exc_info = None
    return True


def _connection(runner: AppRunner) -> asyncio.BaseProtocol:
    """What serves a new connection, or ends it if there are too many."""
    assert runner.server is not None
    return runner.server() if len(runner.server.connections) < MOST_CONNECTIONS else Refusal()


class Refusal(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _cannot_listen(settings: WebSettings, error: OSError) -> SunbeamError:
    other = settings.port + 1 if error.errno == errno.EADDRINUSE else settings.port
    host = in_url(settings.host) if error.errno == errno.EADDRINUSE else "0.0.0.0"
    return SunbeamError(
        "The web view cannot listen",
        where=f"{settings.host} port {settings.port}",
        why=os.strerror(error.errno) if error.errno else str(error),
        next_command=f"sunbeam web --listen {host}:{other}",
        id="web-cannot-listen",
    )


@dataclass(frozen=True)
class Served:
    """What sunbeamd says of its view: for which settings, and what is wrong (empty: it listens)."""

    host: str
    port: int
    problem: str = ""

    @staticmethod
    def file(paths: Paths) -> Path:
        return paths.run / "web.json"

    @classmethod
    def read(cls, paths: Paths) -> Served | None:
        try:
            return cls(**json.loads(cls.file(paths).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, paths: Paths) -> None:
        replace_file(self.file(paths), json.dumps(asdict(self)).encode(), 0o600)

    @classmethod
    def forget(cls, paths: Paths) -> None:
        cls.file(paths).unlink(missing_ok=True)


@asynccontextmanager
async def kept(paths: Paths) -> AsyncIterator[None]:
    """Serve the view whenever its settings say so; for sunbeamd, which it never stops."""
    keeping = asyncio.create_task(_keep(paths))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        Served.forget(paths)


async def _keep(paths: Paths) -> None:
    trouble = Trouble()
    while True:
        try:
            await _serve(paths, trouble)
        except Exception as error:
            trouble.tell(error)
            await asyncio.sleep(LOOK_SECONDS)
        with suppress(OSError):
            Served.forget(paths)


async def _serve(paths: Paths, trouble: Trouble) -> None:
    """Serve until the settings change; while there are none, wait a moment.

    Raises SunbeamError if the port cannot be had or the settings cannot be read.
    """
    settings = WebSettings.read(paths)
    if settings is None:
        trouble.over()
        await asyncio.sleep(LOOK_SECONDS)
        return
    try:
        async with listening(paths, settings):
            Served(settings.host, settings.port).write(paths)
            trouble.over()
            logger.info("the web view listens on %s", settings.url)
            await _until_changed(paths, settings)
    except SunbeamError as error:
        Served(settings.host, settings.port, str(error)).write(paths)
        raise


async def _until_changed(paths: Paths, settings: WebSettings) -> None:
    """The command that turns the view on removes what we said, to hear it again."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if WebSettings.read(paths) != settings or not Served.file(paths).exists():
            return


class Trouble:
    """Logs what is wrong when it begins, and not again at each look while it stays the same."""

    def __init__(self) -> None:
        self._known = ""

    def tell(self, error: Exception) -> None:
        said = f"{type(error).__name__}: {error}"
        if said != self._known:
            foreseen = isinstance(error, SunbeamError)
            logger.error("the web view failed: %s", error, exc_info=None if foreseen else error)
        self._known = said

    def over(self) -> None:
        self._known = ""
