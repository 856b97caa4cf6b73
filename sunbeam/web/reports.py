"""Pages about one thing: the report of a change, what the doctor finds."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from sunbeam.web.pages import page
from sunbeam.web.parts import BASE, VIEW

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
)
"""A report is a file that stands alone, with its style in it; it runs nothing."""

routes = web.RouteTableDef()


@routes.get(f"{BASE}/changes/{{number:\\d{{1,9}}}}")
async def report(request: web.Request) -> web.StreamResponse:
    with TemporaryDirectory(prefix="sunbeam-") as folder:
        file = Path(folder) / "report.html"
        number = request.match_info["number"]
        ended = await request.app[VIEW].commands.output("report", number, str(file))
        if ended.returncode:
            raise web.HTTPNotFound(text=_first_line(ended.stderr))
        text = file.read_text("utf-8")
    return web.Response(
        text=text, content_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY}
    )


@routes.get(f"{BASE}/doctor")
async def doctor(request: web.Request) -> web.StreamResponse:
    """It looks for some seconds: the page comes first, and what it asks for has ``?now``."""
    if "now" not in request.query:
        return page(request, "doctor.html", findings=None, error="")
    ended = await request.app[VIEW].commands.output("doctor", "--format", "json")
    try:
        found = json.loads(ended.stdout)["findings"]
    except (ValueError, KeyError):
        return page(request, "doctor.html", findings=None, error=_first_line(ended.stderr))
    return page(request, "doctor.html", findings=found, error="")


def _first_line(text: str) -> str:
    return text.strip().removeprefix("Error: ").partition("\n")[0] or "The command failed"
