"""Logging in with the token that root was told, and logging out."""

from __future__ import annotations

import math

from aiohttp import web

from sunbeam.web.access import SESSION_SECONDS
from sunbeam.web.pages import page
from sunbeam.web.parts import BASE, COOKIE, VIEW

routes = web.RouteTableDef()


@routes.get("/")
async def root(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther(f"{BASE}/")


@routes.get(f"{BASE}/login")
async def login_page(request: web.Request) -> web.StreamResponse:
    return page(request, "login.html", problem="")


@routes.post(f"{BASE}/login")
async def log_in(request: web.Request) -> web.StreamResponse:
    """The token comes from the address of the printed link (a script puts it into the form) or by hand."""
    view = request.app[VIEW]
    address = request.remote or ""
    if (wait := view.patience.wait(address)) > 0:
        problem = f"Too many wrong tokens: try again in {math.ceil(wait)} s."
        answer = page(request, "login.html", status=429, problem=problem)
        answer.headers["Retry-After"] = str(math.ceil(wait))
        return answer
    token = (await request.post()).get("token", "")
    if not isinstance(token, str) or not view.access.admits(token.strip()):
        view.patience.failed(address)
        problem = "This is not the token. Type `sunbeam web` on the machine to see the link again."
        return page(request, "login.html", status=403, problem=problem)
    view.patience.succeeded(address)
    answer = web.Response(status=303, headers={"Location": f"{BASE}/"})
    answer.set_cookie(
        COOKIE,
        view.access.begin(),
        max_age=SESSION_SECONDS,
        path=BASE,
        secure=True,
        httponly=True,
        samesite="Strict",
    )
    return answer


@routes.post(f"{BASE}/logout")
async def log_out(request: web.Request) -> web.StreamResponse:
    answer = web.Response(status=303, headers={"Location": f"{BASE}/login"})
    answer.del_cookie(COOKIE, path=BASE, secure=True, httponly=True, samesite="Strict")
    return answer
