"""The documentation that comes with Sunbeam, for a machine whose network reaches nothing else."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from markdown_it import MarkdownIt
from markupsafe import Markup

from sunbeam.web.pages import manual_folder, page
from sunbeam.web.parts import BASE

FIRST = "README.md"
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}

routes = web.RouteTableDef()


@routes.get(f"{BASE}/docs/{{name:.+}}")
async def read(request: web.Request) -> web.StreamResponse:
    """A page or a picture below the folder; links in pages are relative, as are our addresses."""
    file = _file(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound(text="There is no such page")
    if file.suffix in PICTURES:
        return web.Response(body=file.read_bytes(), content_type=PICTURES[file.suffix])
    if file.suffix != ".md":
        raise web.HTTPNotFound(text="There is no such page")
    return page(
        request,
        "manual.html",
        text=Markup(_html(file.read_text("utf-8"))),
        first=f"{BASE}/docs/{FIRST}",
    )


def _file(name: str) -> Path | None:
    """None if there is none of this name, or none can be: names with zero bytes, or too long ones."""
    folder = manual_folder()
    if folder is None:
        return None
    try:
        file = (folder / name).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (ValueError, OSError):
        return None


def _html(text: str) -> str:
    """CommonMark and tables; HTML in a page is shown as text."""
    html = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    return html.replace("<th>", '<th scope="col">')
