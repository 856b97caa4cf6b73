"""One page of the wizard: what is shown above a line to type in, and how what is typed is understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import RenderableType

BACK = "back"
WIDEST = 88


def columns(terminal: int) -> int:
    """How wide a page is: long lines are hard to read."""
    return min(terminal, WIDEST)


def one_line(text: str) -> str:
    """What is pasted, on one line: line breaks and tabs become spaces, other control characters go."""
    return "".join(char for char in " ".join(text.expandtabs(1).splitlines()) if char.isprintable())


@dataclass(frozen=True)
class Page:
    """``body`` is drawn for what is meant so far; ``problem`` is asked after each key.

    ``value`` is in the line at first, to be edited; with ``choices`` (typed by their number, too)
    an empty line means it.  ``placeholder`` stands in an empty line.
    """

    body: Callable[[str], RenderableType]
    problem: Callable[[str], str]
    value: str = ""
    placeholder: str = ""
    choices: Sequence[str] = ()

    @property
    def editable(self) -> bool:
        return not self.choices

    def meant(self, text: str) -> str:
        """The value that was typed, maybe as the number of a choice."""
        word = text.strip()
        numbered = {str(number): choice for number, choice in enumerate(self.choices, start=1)}
        if word in numbered:
            return numbered[word]
        return word if word or self.editable else self.value

    def next_choice(self, text: str, step: int) -> str:
        """The number of the choice before or after the one that is typed."""
        known = list(self.choices)
        here = known.index(self.meant(text)) if self.meant(text) in known else -1
        return str((here + step) % len(known) + 1)


Ask = Callable[[Page], str | None]
"""Shows a page and returns what was meant, without a problem; None to go back.  Raises KeyboardInterrupt."""
