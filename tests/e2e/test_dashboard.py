"""Horizon in a real browser: its login page loads and lets the administrator in."""

from __future__ import annotations

from pathlib import Path

from sunbeam.cluster.openstack import cloud_entry
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from tests.e2e.browser import chromium


def test_the_administrator_logs_in(settings: NodeSettings, tmp_path: Path) -> None:
    auth = cloud_entry(Paths())["auth"]
    with chromium() as browser:
        browser.open(settings.dashboard_url)
        browser.wait_for("Log in|Sign In|Connect")
        browser.type("input[name=username]", auth["username"])
        browser.type("input[name=password]", auth["password"])
        browser.click("button[type=submit]")
        text = browser.wait_for("Overview")
        picture = tmp_path / "dashboard.png"
        browser.screenshot(picture)
    assert "admin" in text
    assert picture.stat().st_size > 10_000
