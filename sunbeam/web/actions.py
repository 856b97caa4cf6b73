"""What a person may do about a change that did not come to its end; the commands are the terminal's."""

from __future__ import annotations

from aiohttp import web

from sunbeam.web.change_view import ChangeView
from sunbeam.web.parts import BASE, VIEW

routes = web.RouteTableDef()


@routes.post(f"{BASE}/resume")
async def resume(request: web.Request) -> web.StreamResponse:
    stopped = _stopped(request)
    request.app[VIEW].commands.begin("resume", str(stopped.number))
    raise web.HTTPSeeOther(f"{BASE}/")


@routes.post(f"{BASE}/retry")
async def retry(request: web.Request) -> web.StreamResponse:
    """Only a task that failed in the newest change; anything else comes from a page that is too old."""
    stopped = _stopped(request)
    task = (await request.post()).get("task", "")
    if task not in {each.id for each in stopped.failed}:
        raise web.HTTPConflict(text="This task did not fail: load the page again")
    request.app[VIEW].commands.begin("retry", str(task), "--change", str(stopped.number))
    raise web.HTTPSeeOther(f"{BASE}/")


def _stopped(request: web.Request) -> ChangeView:
    """The newest change, which did not come to its end."""
    newest = request.app[VIEW].changes.newest()
    if newest is None or not newest.resumable:
        raise web.HTTPConflict(text="There is nothing to continue: load the page again")
    return newest
