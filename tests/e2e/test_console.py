"""The VM's console through the ingress, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.browser import chromium


def test_the_console_of_the_vm_connects(openstack: Callable[..., str]) -> None:
    url = openstack("console", "url", "show", "--novnc", "first", "-f", "value", "-c", "url", cloud="demo")
    with chromium() as browser:
        browser.open(url.strip())
        browser.wait_for_element("html.noVNC_connected #noVNC_container canvas")
