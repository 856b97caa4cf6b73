"""A block of lines at the end of a terminal that is drawn again in place: no flicker, any size, no thread.

Lines are overwritten, not erased first, in one write that terminals which know how show at once.  What the
terminal made of the last block after its window was narrowed (wrapped lines) is counted before going up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO, TextIOBase
from typing import TextIO

from rich.console import Console
from rich.text import Text

SMALLEST = (20, 3)
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
TOGETHER, DONE = "\x1b[?2026h", "\x1b[?2026l"
REST_OF_LINE, REST_OF_SCREEN = "\x1b[K", "\x1b[J"

Size = Callable[[], tuple[int, int]]


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and rows now, whatever the environment says."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except OSError:
        columns, rows = 80, 24
    return max(columns or 80, SMALLEST[0]), max(rows or 24, SMALLEST[1])


class Frame:
    """``draw`` replaces the block; lines ``above`` stay for good and scroll away as usual."""

    def __init__(self, stream: TextIO, size: Size | None = None) -> None:
        self._stream = stream
        self._size = size or (lambda: terminal_size(stream))
        self._console = Console(file=stream)
        self._widths: list[int] = []

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows that a block may have."""
        columns, rows = self._size()
        return columns - 1, rows - 1

    def draw(self, lines: Sequence[Text], above: Sequence[Text] = ()) -> None:
        columns, rows = self.size
        shown = [_cut(line, columns) for line in lines[:rows]]
        words = [TOGETHER, HIDE, self._up(columns + 1)]
        words += [self._ansi(line) + REST_OF_LINE + "\n" for line in (*above, *shown)]
        self._widths = [line.cell_len for line in shown]
        self._stream.write("".join([*words, REST_OF_SCREEN, SHOW, DONE]))
        self._stream.flush()

    def _up(self, columns: int) -> str:
        """To the first row of the last block, which a narrower window has wrapped."""
        rows = sum(max(1, -(-width // columns)) for width in self._widths)
        return f"\r\x1b[{rows}A" if rows else "\r"

    def _ansi(self, line: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(line, end="", soft_wrap=True)
        return captured.get().replace("\n", REST_OF_LINE + "\n")


def _cut(line: Text, columns: int) -> Text:
    cut = line.copy()
    cut.truncate(columns, overflow="ellipsis")
    return cut


class _Lines(TextIOBase):
    """Takes what others print and hands it on line by line."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._open = StringIO()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *whole, rest = (self._open.getvalue() + text).split("\n")
        self._open = StringIO(rest)
        self._open.seek(0, os.SEEK_END)
        for line in whole:
            self._take(line)
        return len(text)

    def rest(self) -> None:
        if left := self._open.getvalue():
            self._take(left)


@contextmanager
def printed_above(take: Callable[[str], None]) -> Iterator[None]:
    """What anybody in this process prints meanwhile goes to ``take``, a line at a time."""
    lines = _Lines(take)
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = lines
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        lines.rest()
