"""The web view in a real browser: set-up, a running change, a cloud, a phone, both colour schemes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.core.paths import Paths
from tests.e2e.browser import Browser
from tests.functional.web import page
from tests.functional.web.conftest import served

PICTURES = os.environ.get("SUNBEAM_PICTURES", "")
"""A folder to put pictures for the documentation into."""

WIDTHS = (360, 1000)


def look(browser: Browser, picture: str = "") -> None:
    """Every page must pass this in both schemes, wide and narrow, with all of it open."""
    if picture and PICTURES:
        page.prefer(browser, "light")
        page.resize(browser, 960, 860)
        page.hide_scrollbars(browser)
        time.sleep(0.3)
        browser.screenshot(Path(PICTURES) / picture)
        page.hide_scrollbars(browser, False)
    page.open_all(browser)
    for width in WIDTHS:
        page.resize(browser, width)
        assert page.overflow(browser) <= 0
        for scheme in ("light", "dark"):
            page.prefer(browser, scheme)
            assert page.poor_contrast(browser) == []
    assert page.obstacles(browser) == []


def test_a_person_sets_the_machine_up(browser: Browser, paths: Paths) -> None:
    with served(paths, speed=8) as link:
        browser.open(link)
        text = browser.wait_for("Make this machine a cloud")
        assert "8, KVM" in text and "32.0 GiB" in text
        assert link.rpartition("#")[2] not in page.run(browser, "return location.href")
        look(browser, "web-wizard.png")

        page.run(browser, "document.getElementById('network.pods').value = ''")
        browser.type("input[name='network.pods']", "10.0.0.0/30")
        browser.wait_for("10.0.0.0/30 is too small")
        assert page.run(browser, "return document.getElementById('network.pods').ariaInvalid") == "true"
        browser.click("button.primary")
        browser.wait_for("1 answer to look at again")
        look(browser)
        page.run(browser, "document.getElementById('network.pods').value = '10.66.0.0/24'")
        browser.click("button.primary")

        text = browser.wait_for("28 tasks on edge-7, about 3 min 34 s")
        assert "10.66.0.0/24 answer" in text and "192.0.2.7 detected" in text
        look(browser, "web-review.png")
        browser.click("form[action$=start] button")
        browser.wait_for("Bootstrap the cloud\n")
        browser.wait_for(r"1[2-8] of 28 tasks done")
        (answers,) = (paths.etc / "web").glob("answers-*.yaml")
        assert "name: edge-7" in answers.read_text()
        look(browser, "web-change.png")
        browser.wait_for("All is well")


def test_the_page_of_a_cloud(browser: Browser, node: Paths) -> None:
    with served(node) as link:
        browser.open(link)
        text = browser.wait_for("All is well")
        assert "13 active units, 6 answering APIs, 2 VMs" in text
        assert "172.24.4.9" in text
        look(browser, "web-cloud.png")
        browser.click("footer a")
        browser.wait_for("Your first cloud")
        look(browser)
        browser.click("a[href$='use-the-web-view.md']")
        browser.wait_for("fingerprint")
        look(browser)
        browser.click("header button")
        browser.wait_for("Token")
        look(browser)


def test_a_failed_change_is_continued(browser: Browser, paths: Paths) -> None:
    with served(paths, speed=400, scene="fail") as link:
        browser.open(link)
        browser.wait_for("Make this machine a cloud")
        browser.click("button.primary")
        browser.wait_for("Review")
        browser.click("form[action$=start] button")
        browser.wait_for("Unable to locate package nova-api")
        look(browser, "web-failed.png")
        browser.click("form[action$=resume] button")
        browser.wait_for("All is well")


def test_a_refused_change_tells_why(browser: Browser, paths: Paths) -> None:
    with served(paths, scene="refuse") as link:
        browser.open(link)
        browser.wait_for("Make this machine a cloud")
        browser.click("button.primary")
        browser.wait_for("Review")
        browser.click("form[action$=start] button")
        browser.wait_for("Port 443 is taken")
        look(browser)
        browser.click("a[href$=setup]")
        browser.wait_for("Make this machine a cloud")


@pytest.fixture
def plain(browser: Browser) -> Iterator[Browser]:
    """A browser that runs no script of any page."""
    page.without_scripts(browser)
    yield browser


def test_all_of_it_works_without_scripts(plain: Browser, paths: Paths) -> None:
    with served(paths, speed=60) as link:
        plain.open(link)
        plain.type("input[name=token]", link.rpartition("#")[2])
        plain.click("form#login button")
        plain.wait_for("Make this machine a cloud")
        plain.click("button.primary")
        plain.wait_for("Show what will be done")
        plain.click("form[action$=start] button")
        plain.wait_for("Bootstrap the cloud")
        plain.wait_for("All is well")
