"""A headless Chromium, driven by the WebDriver protocol (W3C) of Debian's chromedriver."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,900",
]  # fmt: skip


class Browser:
    def __init__(self, base: str) -> None:
        self._base = base

    def open(self, url: str) -> None:
        self._post("/url", {"url": url})

    def type(self, selector: str, text: str) -> None:
        self._post(f"/element/{self._find(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        self._post(f"/element/{self._find(selector)}/click", {})

    def text(self) -> str:
        """What a person sees; asked at once, since the page may be left meanwhile."""
        script = "return document.body ? document.body.innerText : ''"
        return str(self._post("/execute/sync", {"script": script, "args": []}))

    def wait_for(self, pattern: str, seconds: float = 180) -> str:
        """The page's text once it matches, whatever page is loaded meanwhile.

        Raises AssertionError with the last text.
        """
        deadline = time.monotonic() + seconds
        text = ""
        while not re.search(pattern, text):
            assert time.monotonic() < deadline, f"no {pattern!r} on the page:\n{text}"
            time.sleep(0.1)
            with suppress(AssertionError):
                text = self.text()
        return text

    def wait_for_element(self, selector: str, seconds: float = 180) -> None:
        """Whatever page is loaded meanwhile.  Raises AssertionError with the page's text."""
        deadline = time.monotonic() + seconds
        found = False
        while not found:
            assert time.monotonic() < deadline, f"no {selector} on the page:\n{self.text()}"
            time.sleep(0.1)
            with suppress(AssertionError):
                found = bool(self._post("/elements", {"using": "css selector", "value": selector}))

    def screenshot(self, target: Path) -> None:
        target.write_bytes(base64.b64decode(self._get("/screenshot")))

    def _find(self, selector: str) -> str:
        found = self._post("/element", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    def _get(self, path: str) -> Any:
        return _request("GET", self._base + path)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return _request("POST", self._base + path, body)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that trusts any certificate, with an empty profile, gone afterwards."""
    driver = subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert driver.stdout is not None
        port = next(found[1] for line in driver.stdout if (found := re.search(r"on port (\d+)\.", line)))
        with TemporaryDirectory() as profile:
            options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
            wanted = {"acceptInsecureCerts": True, "goog:chromeOptions": options}
            base = f"http://127.0.0.1:{port}/session"
            session = _request("POST", base, {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            try:
                yield Browser(f"{base}/{session}")
            finally:
                _request("DELETE", f"{base}/{session}")
    finally:
        driver.terminate()
        driver.wait(10)


def _request(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=120
        ) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.read().decode()[:500]}") from error
