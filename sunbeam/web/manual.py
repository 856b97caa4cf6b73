"""The documentation that comes with Sunbeam, for a machine whose network reaches nothing else."""

from __future__ import annotations

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
    folder = manual_folder()
    file = (folder / request.match_info["name"]).resolve() if folder else None
    if folder is None or file is None or not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise web.HTTPNotFound(text="There is no such page")
    if file.suffix in PICTURES:
        return web.Response(body=file.read_bytes(), content_type=PICTURES[file.suffix])
    if file.suffix != ".md":
        raise web.HTTPNotFound(text="There is no such page")
    return page(request, "manual.html", text=Markup(_html(file.read_text())), first=f"{BASE}/docs/{FIRST}")


def _html(text: str) -> str:
    """CommonMark and tables; HTML in a page is shown as text."""
    html = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    return html.replace("<th>", '<th scope="col">')
