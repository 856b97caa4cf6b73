"""The line editor on a terminal that can do nothing but print lines."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from sunbeam.cli.wizard.page import BACK, Page, columns, one_line

NOTHING = "-"
"""Typed where a default shall not be taken and nothing stand instead."""
HINT = f"Enter takes what is in brackets, {NOTHING} takes nothing, {BACK} goes back, Ctrl-C leaves."


class PlainLine:
    """Called as ``sunbeam.cli.wizard.page.Ask`` says; nothing typed takes what stands in brackets."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = False

    def __call__(self, page: Page) -> str | None:
        if not self._told:
            self._console.print(f"{HINT}\n", width=columns(self._console.width))
            self._told = True
        self._console.print(page.body(page.value), width=columns(self._console.width))
        while True:
            typed = one_line(self._read(page))
            if typed.strip() == BACK:
                return None
            text = page.meant(typed) if typed.strip() else page.value
            text = "" if typed.strip() == NOTHING else text
            problem = page.problem(text)
            if not problem:
                return text
            self._console.print(Text(f"  {problem}"))

    def _read(self, page: Page) -> str:
        shown = page.value or page.placeholder
        prompt = f"[{shown}] > " if shown else "> "
        try:
            return input(prompt)
        except EOFError:
            raise KeyboardInterrupt from None
