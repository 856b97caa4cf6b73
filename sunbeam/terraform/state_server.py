"""Terraform's http backend as aiohttp handlers; the daemon mounts them in its server.

``GET|POST|DELETE BASE/MODULE`` the state, ``LOCK|UNLOCK|PUT|GET BASE/MODULE/lock`` its lock (PUT renews),
``GET BASE`` the modules.  A conflict answers 423 with the holder.  An UNLOCK that does not name the lock is
refused: some cores send an empty one whatever id the person typed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sunbeam.terraform.state_store import Lock, States

BASE = "/terraform/state"
LARGEST_STATE = 64 << 20
MODULE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

Authorize = Callable[[web.Request], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(states: States, authorize: Authorize, base: str = BASE) -> list[web.RouteDef]:
    """``authorize`` raises ``web.HTTPUnauthorized`` (with WWW-Authenticate) for a stranger.

    The application needs ``client_max_size`` of LARGEST_STATE or more.
    """
    server = StateServer(states)

    def guarded(handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            await authorize(request)
            if not MODULE.fullmatch(request.match_info.get("module", "x")):
                raise web.HTTPNotFound(text="this is no module's name")
            return await handler(request)

        return handle

    state, lock = f"{base}/{{module}}", f"{base}/{{module}}/lock"
    return [
        web.get(base, guarded(server.modules)),
        web.get(state, guarded(server.get)),
        web.post(state, guarded(server.post)),
        web.delete(state, guarded(server.delete)),
        web.get(lock, guarded(server.show_lock)),
        web.put(lock, guarded(server.renew)),
        web.route("LOCK", lock, guarded(server.lock)),
        web.route("UNLOCK", lock, guarded(server.unlock)),
    ]


class Locked(web.HTTPClientError):
    status_code = 423


class StateServer:
    """The handlers; one per States."""

    def __init__(self, states: States) -> None:
        self._states = states

    async def modules(self, request: web.Request) -> web.StreamResponse:
        found = []
        for module in await self._states.modules():
            state = await self._states.get(module)
            lock = await self._states.lock(module)
            found.append(
                {
                    "module": module,
                    "serial": json.loads(state)["serial"] if state else None,
                    "resources": len(json.loads(state).get("resources") or []) if state else 0,
                    "versions": await self._states.versions(module),
                    "lock": _lock_document(lock) if lock else None,
                }
            )
        return web.json_response(found)

    async def get(self, request: web.Request) -> web.StreamResponse:
        version = request.query.get("version")
        if version is not None and not version.isdecimal():
            raise web.HTTPBadRequest(text="version is a number")
        state = await self._states.get(_module(request), int(version) if version else None)
        if state is None:
            return web.Response(status=204)
        return web.Response(body=state, content_type="application/json")

    async def post(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        digest = request.headers.get("Content-MD5")
        if digest and base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode() != digest:
            raise web.HTTPBadRequest(text="the state was damaged on its way")
        await self._must_hold(request)
        await self._states.put(_module(request), body)
        return web.Response()

    async def delete(self, request: web.Request) -> web.StreamResponse:
        await self._must_hold(request)
        await self._states.delete(_module(request))
        return web.Response()

    async def lock(self, request: web.Request) -> web.StreamResponse:
        info = await _json(request)
        if not info.get("ID"):
            raise web.HTTPBadRequest(text="a lock needs an ID")
        owner = {key: request.query.get(key, "") for key in ("host", "pid", "started", "boot", "command")}
        named = owner if owner["host"] and owner["pid"].isdecimal() else {}
        holder = await self._states.acquire(_module(request), info, named)
        return web.Response() if holder is None else _conflict(holder)

    async def unlock(self, request: web.Request) -> web.StreamResponse:
        id = str((await _json(request)).get("ID") or "")
        if not id:
            raise web.HTTPBadRequest(text="UNLOCK must name the lock; type: sunbeam plans unlock MODULE")
        holder = await self._states.release(_module(request), id)
        return web.Response() if holder is None else _conflict(holder)

    async def renew(self, request: web.Request) -> web.StreamResponse:
        if not await self._states.renew(_module(request), request.query.get("ID", "")):
            raise web.HTTPGone(text="this lock is not held any more")
        return web.Response()

    async def show_lock(self, request: web.Request) -> web.StreamResponse:
        lock = await self._states.lock(_module(request))
        return web.Response(status=204) if lock is None else web.json_response(_lock_document(lock))

    async def _must_hold(self, request: web.Request) -> None:
        """Core appends its lock's ID to the address; without a lock anyone may write."""
        lock = await self._states.lock(_module(request))
        if lock is not None and request.query.get("ID") != lock.id:
            holder = json.dumps({**lock.info, "Who": lock.holder})
            raise Locked(text=holder, content_type="application/json")


def basic_auth(username: str, password: str) -> Authorize:
    """An ``authorize`` that wants exactly this user."""
    wanted = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

    async def authorize(request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode()):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="terraform"'})

    return authorize


def _module(request: web.Request) -> str:
    return request.match_info["module"]


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except json.JSONDecodeError:
        raise web.HTTPBadRequest(text="the body is no JSON") from None
    return body if isinstance(body, dict) else {}


def _conflict(holder: Lock) -> web.Response:
    return web.json_response({**holder.info, "Who": holder.holder}, status=423)


def _lock_document(lock: Lock) -> dict[str, Any]:
    return {
        "id": lock.id,
        "holder": lock.holder,
        "operation": lock.info.get("Operation", ""),
        "taken": lock.taken,
        "owner": lock.owner,
    }
