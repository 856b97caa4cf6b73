"""A headless Chromium, driven by the WebDriver protocol (W3C) of Debian's chromedriver."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
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

    def click(self, selector: str, seconds: float = 180) -> None:
        """As soon as it can be clicked; found again if the page replaces it meanwhile."""
        deadline = time.monotonic() + seconds
        clicked = False
        while not clicked:
            assert time.monotonic() < deadline, f"no {selector} on the page:\n{self.text()}"
            with suppress(AssertionError):
                self._post(f"/element/{self._find(selector)}/click", {})
                clicked = True

    def text(self) -> str:
        """What a person sees; asked at once, since the page may be left meanwhile."""
        script = "return document.body ? document.body.innerText : ''"
        return str(self._post("/execute/sync", {"script": script, "args": []}))

    def wait_for(self, pattern: str, seconds: float = 180) -> str:
        """The page's text once it matches, whatever page is loaded meanwhile.

        Raises AssertionError with the last text.
        """
        return self._text_when(lambda text: re.search(pattern, text) is not None, f"no {pattern!r}", seconds)

    def wait_without(self, pattern: str, seconds: float = 180) -> str:
        """As ``wait_for``, once it matches no more."""
        return self._text_when(lambda text: re.search(pattern, text) is None, f"{pattern!r}", seconds)

    def wait_for_element(self, selector: str, seconds: float = 180) -> None:
        """Whatever page is loaded meanwhile.  Raises AssertionError with the page's text."""
        deadline = time.monotonic() + seconds
        found = False
        while not found:
            assert time.monotonic() < deadline, f"no {selector} on the page:\n{self.text()}"
            time.sleep(0.1)
            with suppress(AssertionError):
                found = bool(self._post("/elements", {"using": "css selector", "value": selector}))

    def _text_when(self, holds: Callable[[str], bool], complaint: str, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        text = None
        while text is None or not holds(text):
            assert time.monotonic() < deadline, f"{complaint} on the page:\n{text}"
            time.sleep(0.1)
            with suppress(AssertionError):
                text = self.text()
        return text

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
        with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
            wanted = {"acceptInsecureCerts": True, "goog:chromeOptions": options}
            base = f"http://127.0.0.1:{port}/session"
            session = _session(base, {"capabilities": {"alwaysMatch": wanted}})
            try:
                yield Browser(f"{base}/{session}")
            finally:
                with suppress(AssertionError, OSError):  # it may have ended by itself
                    _request("DELETE", f"{base}/{session}")
    finally:
        driver.terminate()
        driver.wait(60)


def _session(base: str, wanted: dict[str, Any]) -> str:
    """Tried twice: a browser that is read from a slow disk for the first time may start too late."""
    with suppress(AssertionError):
        return str(_request("POST", base, wanted)["sessionId"])
    return str(_request("POST", base, wanted)["sessionId"])


def _request(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=330
        ) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.read().decode()[:500]}") from error
