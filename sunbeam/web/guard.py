"""What every request passes: headers of defence, a session, and proof that a form is ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from sunbeam.core.errors import SunbeamError
from sunbeam.web.access import same
from sunbeam.web.pages import FORM_TOKEN, SESSION, page
from sunbeam.web.parts import BASE, COOKIE, VIEW

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
# With a Referrer-Policy of no-referrer, browsers post our own forms with ``Origin: null``.
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

FORM_SECONDS = 30.0
MALFORMED = (ValueError, LookupError, HttpProcessingError, web.RequestPayloadError)
"""What aiohttp raises for forms that browsers do not send."""

logger = logging.getLogger("sunbeam.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For every answer, also errors and streams; what a handler set itself stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "sunbeam"


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure becomes a page; what nobody foresaw is logged and not shown."""
    try:
        return await handler(request)
    except web.HTTPRedirection:
        raise
    except web.HTTPException as refused:
        return page(request, "error.html", status=refused.status, what=refused.text or refused.reason)
    except SunbeamError as error:
        return page(request, "error.html", status=409, what=error.what, error=str(error))
    except Exception:
        logger.exception("%s %s", request.method, request.path)
        return page(request, "error.html", status=500, what="Sunbeam met an error that it does not know")


@web.middleware
async def session_required(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Without a session there is the login page and its style, nothing else."""
    session = request.app[VIEW].access.session(request.cookies.get(COOKIE, ""))
    if session is not None:
        request[SESSION] = session
    elif not _is_open(request.path):
        if request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document":
            raise web.HTTPSeeOther(f"{BASE}/login")
        raise web.HTTPUnauthorized(text="This session is over: log in again")
    return await handler(request)


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A POST must come from a page of ours: the browser says so, and the form has the session's token."""
    if request.method not in ("GET", "HEAD"):
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"https://{request.host}":
            raise web.HTTPForbidden(text="This request comes from another page")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise web.HTTPForbidden(text="This request comes from another page")
        form = await _form(request)
        session = request.get(SESSION)
        if session is not None and request.path != f"{BASE}/login":
            given = form.get(FORM_TOKEN, "")
            if not isinstance(given, str) or not same(given, session.form_token):
                raise web.HTTPForbidden(text="This form is too old: load the page again")
    return await handler(request)


async def _form(request: web.Request) -> Mapping[str, object]:
    """The request keeps it for its handler.  Raises HTTPException if it cannot be read, or not in time."""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            return await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="This form did not arrive in time: send it again") from None
    except MALFORMED:
        raise web.HTTPBadRequest(text="This form cannot be read: load the page again") from None


def _is_open(path: str) -> bool:
    return path in ("/", f"{BASE}/login") or path.startswith(f"{BASE}/static/")
