"""Our own requests to the state server: listing states, showing versions, renewing and releasing locks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from sunbeam.core.errors import SunbeamError
from sunbeam.terraform.backend import StateBackend, owner
from sunbeam.terraform.state_store import LEASE_SECONDS


@dataclass(frozen=True)
class ModuleState:
    """``lock`` has ``id``, ``holder``, ``operation``, ``taken`` (seconds since the epoch)."""

    module: str
    serial: int | None
    resources: int
    versions: list[int]
    lock: dict[str, Any] | None


class StateClient:
    """Raises SunbeamError when the server cannot be reached or refuses."""

    def __init__(self, backend: StateBackend) -> None:
        self._backend = backend

    async def modules(self) -> list[ModuleState]:
        _, text = await self._request("GET", self._backend.address)
        return [ModuleState(**item) for item in json.loads(text)]

    async def state(self, module: str, version: int | None = None) -> dict[str, Any] | None:
        part = f"?version={version}" if version is not None else ""
        status, text = await self._request("GET", self._backend.url(module, part))
        return None if status == 204 else json.loads(text)

    async def lock(self, module: str) -> dict[str, Any] | None:
        status, text = await self._request("GET", self._backend.url(module, "/lock"))
        return None if status == 204 else json.loads(text)

    async def unlock(self, module: str, id: str) -> None:
        await self._request("UNLOCK", self._backend.url(module, "/lock"), json.dumps({"ID": id}))

    @asynccontextmanager
    async def keeping_lock(self, module: str) -> AsyncIterator[None]:
        """While a core of ours runs, prolong the lock it takes, so that other hosts see its owner alive."""
        task = asyncio.create_task(self._keep(module))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep(self, module: str) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            with suppress(SunbeamError):
                lock = await self.lock(module)
                if lock is not None and lock["owner"] == owner():
                    await self._request("PUT", self._backend.url(module, f"/lock?ID={lock['id']}"))

    async def _request(self, method: str, url: str, body: str | None = None) -> tuple[int, str]:
        backend = self._backend
        headers = {"Authorization": aiohttp.encode_basic_auth(backend.username, backend.password)}
        timeout = aiohttp.ClientTimeout(total=30)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.request(method, url, data=body, headers=headers, ssl=backend.tls()) as answer,
            ):
                text = await answer.text()
                if answer.status >= 400:
                    raise SunbeamError(
                        "the state server refused a request",
                        where=url.partition("?")[0],
                        why=f"{answer.status}: {text.strip()}",
                        id="state-server-refused",
                    )
                return answer.status, text
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SunbeamError(
                "cannot reach the state server",
                where=backend.address,
                why=str(error) or type(error).__name__,
                next_command="sunbeam cluster start",
                id="state-server-silent",
            ) from error
