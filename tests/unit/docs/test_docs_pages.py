"""Pages are fresh, reachable and lead somewhere."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core import events
from sunbeam.core.paths import Paths
from tests.unit.docs.book import ROOT, Page, pages
from tests.unit.docs.generated import (
    BLOCK,
    BLOCKS,
    EVENT_SCHEMA,
    EVENTS,
    PICTURES,
    event_schema_text,
    refreshed,
)

SHIPPED_BY_US = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_generated_blocks_are_fresh(page: Page) -> None:
    assert page.text == refreshed(page.text), "type: docs/generate"


def test_every_block_has_a_page() -> None:
    written = [name for page in pages() for name in BLOCK.findall(page.text)]
    assert sorted(written) == sorted(BLOCKS)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    broken = []
    for link in page.links():
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        if not path.exists() or (anchor and anchor not in Page(path).anchors()):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = Page(ROOT / "docs/README.md")
    listed = {(contents.path.parent / link).resolve() for link in contents.links()}
    missing = {page.path for page in pages()} - listed - {contents.path}
    assert {path.relative_to(ROOT).as_posix() for path in missing} == SHIPPED_BY_US


def test_the_schema_of_events_is_fresh() -> None:
    assert EVENT_SCHEMA.read_text() == event_schema_text(), "type: docs/generate"


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_show_the_program_as_it_is(name: str) -> None:
    assert (ROOT / "docs/images" / name).read_text() == PICTURES[name](), "type: docs/generate"


def test_every_event_is_documented() -> None:
    told = {value for value in vars(events).values() if isinstance(value, type)} - {events.Event}
    assert {kind for kind in told if issubclass(kind, events.Event)} == set(EVENTS)


def test_files_and_ports_are_where_pages_say() -> None:
    page = Page(ROOT / "docs/reference/files.md").text
    paths = Paths()
    for folder in (paths.etc, paths.state, paths.run):
        assert f"## {folder}\n" in page
    below = (paths.journal, paths.engine / "engine.db", paths.certificates, paths.charms, paths.terraform)
    for path in (*below, paths.juju_data, paths.images, paths.logs, paths.bin):
        assert f"`{path.relative_to(paths.state)}" in page
    settings = NodeSettings("node", "192.0.2.1")
    text = " ".join(page.text for page in pages())
    for fact in (
        settings.api_port,
        settings.state_port,
        settings.etcd_port,
        settings.etcd_peer_port,
        settings.pods,
        settings.external,
    ):
        assert str(fact) in text


def test_pictures_are_well_formed() -> None:
    for picture in (ROOT / "docs").rglob("*.svg"):
        root = ElementTree.fromstring(picture.read_text())
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
