from __future__ import annotations

import pytest

from tests.unit.web.visitor import Visitor


async def test_the_documentation_is_read_here(visitor: Visitor) -> None:
    assert "/sunbeam/docs/README.md" in (await visitor.get("/setup")).text
    text = (await visitor.get("/docs/README.md")).text
    assert 'href="how-to/use-the-web-view.md"' in text
    text = (await visitor.get("/docs/how-to/use-the-web-view.md")).text
    assert (
        "<h1>Use the web view</h1>" in text and "<table>" in text and 'src="../images/web-cloud.png"' in text
    )
    picture = await visitor.client.get(
        "/sunbeam/docs/images/web-cloud.png", headers={"Cookie": f"__Secure-sunbeam={visitor.cookie}"}
    )
    assert picture.content_type == "image/png" and (await picture.read()).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name",
    [
        "nothing.md",
        "generate",
        "how-to",
        "../pyproject.toml",
        "..%2f..%2fetc%2fpasswd",
        "%2fetc/passwd",
        "%00",
        "a" * 5000,
    ],
)
async def test_nothing_else_is(visitor: Visitor, name: str) -> None:
    assert (await visitor.get(f"/docs/{name}")).status == 404


async def test_a_stranger_reads_nothing(stranger: Visitor) -> None:
    assert (await stranger.get("/docs/README.md")).status == 303
