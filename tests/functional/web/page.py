"""What is measured in a page: its width, names of its controls, contrast of its texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.browser import Browser

HERE = Path(__file__).parent


def run(browser: Browser, script: str, *arguments: Any) -> Any:
    return browser._post("/execute/sync", {"script": script, "args": list(arguments)})


def poor_contrast(browser: Browser) -> list[str]:
    """Texts below the 4.5 to 1 of WCAG 2.2, 1.4.3."""
    return list(run(browser, (HERE / "contrast.js").read_text()))


def obstacles(browser: Browser) -> list[str]:
    """What stands in the way of a screen reader, a keyboard or a finger."""
    return list(run(browser, (HERE / "obstacles.js").read_text()))


def overflow(browser: Browser) -> int:
    """CSS pixels by which the page is wider than its window."""
    return int(
        run(browser, "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def open_all(browser: Browser) -> None:
    run(browser, "for (const each of document.querySelectorAll('details')) each.open = true")


def resize(browser: Browser, width: int, height: int = 900) -> None:
    """The page's own size, whatever the window's."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    devtools(browser, "Emulation.setDeviceMetricsOverride", metrics)


def hide_scrollbars(browser: Browser, hidden: bool = True) -> None:
    devtools(browser, "Emulation.setScrollbarsHidden", {"hidden": hidden})


def prefer(browser: Browser, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    devtools(browser, "Emulation.setEmulatedMedia", {"features": features})


def without_scripts(browser: Browser) -> None:
    devtools(browser, "Emulation.setScriptExecutionDisabled", {"value": True})


def devtools(browser: Browser, command: str, parameters: dict[str, Any]) -> Any:
    return browser._post("/goog/cdp/execute", {"cmd": command, "params": parameters})
