"""From templates to HTML; everything is escaped, and no page holds a script or a style of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from sunbeam import __version__
from sunbeam.core.shipped import shipped
from sunbeam.web.access import Session
from sunbeam.web.parts import BASE, VIEW

FOLDER = Path(__file__).parent
SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
FORM_TOKEN = "form_token"


def page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """A whole page for the session of ``request``."""
    text = render(template, {"view": request.app[VIEW], "session": request.get(SESSION), **values})
    return web.Response(text=text, status=status, content_type="text/html")


def render(template: str, values: Mapping[str, Any]) -> str:
    return _environment().get_template(template).render(values, now=time.time())


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        base=BASE,
        version=__version__,
        static=static_url,
        form_token=FORM_TOKEN,
        tone=tone,
        has_manual=manual_folder() is not None,
    )
    environment.filters.update(duration=duration, moment=moment, iso=iso, gib=gib)
    return environment


@cache
def static_url(name: str) -> str:
    """The address of a file of ``static/``; it changes with its content, so that browsers may keep it."""
    digest = hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
    return f"{BASE}/static/{name}?{digest}"


@cache
def manual_folder() -> Path | None:
    """Where the documentation is; None where it was not installed."""
    try:
        return shipped("docs")
    except FileNotFoundError:
        return None


TONES = {
    "good": ("active", "running", "done", "unchanged", "idle"),
    "busy": ("executing", "maintenance", "waiting", "doing", "build", "allocating", "reboot", "resize"),
    "calm": ("", "unknown", "terminated", "shutoff", "undone", "paused", "suspended"),
}


def tone(word: str) -> str:
    """Which colour a status of Juju, Nova, a service or a change has; what is not known here is bad."""
    return next((name for name, words in TONES.items() if word.lower() in words), "bad")


def duration(seconds: float) -> str:
    """``7 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def gib(size: float) -> str:
    """Bytes for people: ``23.5 GiB``, ``180 MiB``."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def moment(text: str) -> str:
    """An RFC 3339 time for people, in UTC: ``21 Nov 12:07``."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%-d %b %H:%M")
    except ValueError:
        return text


def iso(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
