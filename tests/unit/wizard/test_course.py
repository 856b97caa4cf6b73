"""The course of the wizard, led by a person who is a function."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sunbeam.cli.wizard.page import Page
from sunbeam.cli.wizard.review import Foreseen
from sunbeam.cli.wizard.wizard import Wizard
from sunbeam.core.foresight import Preview
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.effective import Effective
from tests.functional.wizard.machines import RACK


def foreseen(made: Effective) -> Foreseen:
    return Foreseen(Preview("test", "Test", (), (), 0, ()))


def test_clearing_a_line_tells_what_is_used_then() -> None:
    def person(page: Page) -> str:
        if page.placeholder == "type a word":
            raise KeyboardInterrupt
        return "" if page.value == "1500" else page.value

    console = Console(file=io.StringIO(), record=True, width=80)
    with pytest.raises(KeyboardInterrupt):
        Wizard(Interview(RACK, advanced=True), foreseen, console, person).hold()
    assert "✓ How large may packets be, in bytes? 1500" in console.export_text()
