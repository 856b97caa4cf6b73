"""Holding the wizard on this terminal, whatever it can do."""

from __future__ import annotations

import os
import shutil
import sys

from rich.console import Console

from sunbeam.cli.wizard.page import Ask
from sunbeam.cli.wizard.review import MADE, Foresee
from sunbeam.cli.wizard.wizard import Wizard
from sunbeam.core.command import this_command
from sunbeam.core.errors import Interrupted
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.effective import Effective


def can_ask() -> bool:
    """Whether a person sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def hold(interview: Interview, foresee: Foresee, outcome: str = MADE) -> Effective:
    """What the person agreed to, being told what ``outcome`` that has.

    Raises Interrupted if it was left; nothing was changed then.
    """
    console, ask = _terminal()
    try:
        made = Wizard(interview, foresee, console, ask, outcome).hold()
    except (KeyboardInterrupt, Interrupted):
        made = None
    if made is None:
        raise Interrupted("Left the questions; nothing was changed", next_command=this_command())
    return made


def _terminal() -> tuple[Console, Ask]:
    """How this terminal is written to and read from."""
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        from sunbeam.cli.wizard.plain_line import PlainLine

        wide, high = shutil.get_terminal_size()  # rich takes 80 columns for granted
        console = Console(highlight=False, width=wide, height=high)
        return console, PlainLine(console)
    from sunbeam.cli.wizard.line import ask

    return Console(highlight=False), ask
