"""Modules run by a real core against a controller and a state server in this process."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from sunbeam.core.sealing import Sealer
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.provider.service import Provider
from sunbeam.provider.serving import in_process
from sunbeam.terraform.backend import StateBackend
from sunbeam.terraform.events import Event
from sunbeam.terraform.module import Module
from sunbeam.terraform.state_server import LARGEST_STATE, basic_auth, routes
from sunbeam.terraform.state_store import States
from tests.fakes.store import MemoryStore
from tests.functional.operators_api.api_harness import RunningController

MODULES = Path(__file__).parent / "modules_under_test"


class Relay:
    """A loopback port in front of another one, that can go and come back."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_upstream = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, to_upstream}
        await asyncio.gather(_pump(reader, to_upstream), _pump(upstream, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


class StateEndpoint:
    """The state server on a free loopback port; ``refuse_writes`` makes it answer 500 to every POST."""

    def __init__(self) -> None:
        self.documents = MemoryStore()
        self.states = States(self.documents, Sealer(bytes(32)), platform.node())
        self.refuse_writes = False
        self.backend = StateBackend("", "tofu", "state password")
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application(client_max_size=LARGEST_STATE, middlewares=[self._maybe_refuse()])
        application.add_routes(routes(self.states, basic_auth("tofu", "state password")))
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.backend = StateBackend(f"http://127.0.0.1:{port}/terraform/state", "tofu", "state password")

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _maybe_refuse(self) -> Any:
        @web.middleware
        async def refuse(request: web.Request, handler: Any) -> web.StreamResponse:
            if self.refuse_writes and request.method == "POST":
                raise web.HTTPForbidden()
            answer: web.StreamResponse = await handler(request)
            return answer

        return refuse


@dataclass
class Cloud:
    """What a module needs to run, and what it left behind."""

    controller: RunningController
    state: StateEndpoint
    core: Path
    charms: Path
    folder: Path
    events: list[Event] = field(default_factory=list)

    @property
    def credentials(self) -> Credentials:
        login = self.controller.login()
        return Credentials((login["endpoint"],), login["username"], login["password"], login["cacert"])

    @asynccontextmanager
    async def module(
        self, name: str, provider: Provider | None = None, **variables: Any
    ) -> AsyncIterator[Module]:
        """A module with our provider in this process and its state in the state server."""
        async with in_process(provider or Provider(self.credentials)) as environment:
            yield Module(
                name=name,
                source=MODULES,
                folder=self.folder / name,
                core=self.core,
                environment=environment,
                backend=self.state.backend,
                variables=variables,
                on_event=self.events.append,
            )

    @asynccontextmanager
    async def juju(self) -> AsyncIterator[Controller]:
        async with Controller(self.credentials) as controller:
            yield controller
