"""The web view as an aiohttp application."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Mapping
from functools import partial

from aiohttp import web

from sunbeam.core.detection.detected import detect
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.web import actions, guard, login, manual, overview, reports, setup
from sunbeam.web.access import Access
from sunbeam.web.change_feed import ChangeFeed
from sunbeam.web.cloud_feed import CloudFeed, Examine, examine
from sunbeam.web.commands import Commands
from sunbeam.web.overview import STOPPING
from sunbeam.web.pages import FOLDER
from sunbeam.web.parts import BASE, VIEW, View
from sunbeam.web.settings import web_folder
from sunbeam.web.setup import DRAFTS, Detect, Drafts

LARGEST_FORM = 64 << 10
KEPT = "public, max-age=31536000, immutable"


def application(
    paths: Paths,
    look: Examine = examine,
    look_around: Detect | None = None,
    commands: Commands | None = None,
    host_name: str = "",
) -> web.Application:
    """``look`` asks the cloud how it is, ``look_around`` the machine what it has, ``commands`` do the rest.

    ``host_name`` is what the machine is called until it is a node; empty: what it calls itself.
    """
    access = Access(web_folder(paths))
    access.ensure_token()
    view = View(
        paths,
        host_name or platform.node(),
        access,
        ChangeFeed(paths),
        CloudFeed(paths, look),
        commands or Commands(paths),
    )
    app = web.Application(
        client_max_size=LARGEST_FORM,
        middlewares=[guard.errors, guard.session_required, guard.same_origin],
    )
    app[VIEW] = view
    app[DRAFTS] = Drafts(look_around or partial(detect, SystemProcesses(), paths.root))
    app[STOPPING] = asyncio.Event()
    app.add_routes(login.routes)
    app.add_routes(overview.routes)
    app.add_routes(setup.routes)
    app.add_routes(actions.routes)
    app.add_routes(reports.routes)
    app.add_routes(manual.routes)
    app.router.add_get(f"{BASE}/static/{{name}}", _static)
    app.on_response_prepare.append(guard.add_headers)
    app.on_shutdown.append(_end_streams)
    app.on_cleanup.append(_stop)
    return app


STATIC: Mapping[str, str] = {
    "sunbeam.css": "text/css",
    "sunbeam.js": "text/javascript",
    "sunbeam.svg": "image/svg+xml",
}


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound(text="There is no such page")
    return web.Response(
        body=(FOLDER / "static" / name).read_bytes(),
        content_type=STATIC[name],
        charset="utf-8",
        headers={"Cache-Control": KEPT},
    )


async def _end_streams(app: web.Application) -> None:
    app[STOPPING].set()


async def _stop(app: web.Application) -> None:
    await app[VIEW].cloud.stop()
    await app[VIEW].commands.stop()
