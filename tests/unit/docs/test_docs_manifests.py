"""Manifests and what pages say of them are as the program sees them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sunbeam.core.manifest.document import parse
from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.findings import Findings, ManifestErrors
from tests.unit.docs.book import ROOT, Page, pages

HOW_TO = ROOT / "docs/how-to/answer-files.md"
SNIPPET = re.compile(r"^```yaml(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
REFERENCE = re.compile(r"\$\{file:[^}]+\}")


def snippets(page: Page, info: str = "") -> list[str]:
    found = [each["text"] for each in SNIPPET.finditer(page.text) if each["info"].strip() == info]
    return [text for text in found if "schema" in parse(text, page.name, Findings()).plain()]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_manifests_on_pages_have_no_mistake(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "correct-horse")
    (tmp_path / "secret").write_text("x")
    for text in snippets(page):
        file = tmp_path / "cloud.yaml"
        file.write_text(REFERENCE.sub("${file:secret}", text))
        effective([file])


def test_the_mistakes_are_told_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Page(HOW_TO)
    (text,) = snippets(page, "mistakes")
    Path("cloud.yaml").write_text(text)
    with pytest.raises(ManifestErrors) as refused:
        effective([Path("cloud.yaml")])
    assert page.blocks("text")[0].strip() == f"Error: {refused.value}"


def test_the_page_has_manifests() -> None:
    assert len(snippets(Page(HOW_TO))) >= 3
