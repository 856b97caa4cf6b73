"""A terminal just large enough for what our frame writes: it wraps, scrolls, wraps again when narrowed."""

from __future__ import annotations

import re
from io import StringIO

TOKEN = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|(.)", re.DOTALL)


class Screen(StringIO):
    """Write to it; ``lines`` are what a person sees and has seen, without colours."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.columns, self.rows = columns, rows
        self._cells: list[str] = [""]
        self._row = self._column = 0

    @property
    def size(self) -> tuple[int, int]:
        return self.columns, self.rows

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._cells]

    @property
    def visible(self) -> list[str]:
        return self.lines[-self.rows :]

    def narrow(self, columns: int) -> None:
        """As most terminals do: long rows become two, the cursor stays at its text."""
        wrapped: list[str] = []
        for index, line in enumerate(self._cells):
            if index == self._row:
                self._row = len(wrapped)
            wrapped += [line[at : at + columns] for at in range(0, max(len(line.rstrip()), 1), columns)]
        self._cells, self.columns = wrapped, columns

    def write(self, text: str) -> int:
        for found in TOKEN.finditer(text):
            argument, command, character = found.groups()
            if character is None:
                self._control(command, argument)
            elif character == "\n":
                self._down()
                self._column = 0
            elif character == "\r":
                self._column = 0
            else:
                self._put(character)
        return len(text)

    def _control(self, command: str, argument: str) -> None:
        line = self._cells[self._row]
        if command == "A":
            first = max(len(self._cells) - self.rows, 0)
            self._row = max(self._row - int(argument or 1), first)
        elif command == "K":
            self._cells[self._row] = line[: self._column]
        elif command == "J":
            self._cells[self._row] = line[: self._column]
            del self._cells[self._row + 1 :]
        else:
            assert command in "mhl", f"this terminal does not know {command}"

    def _put(self, character: str) -> None:
        if self._column == self.columns:
            self._down()
            self._column = 0
        line = self._cells[self._row].ljust(self._column)
        self._cells[self._row] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._cells):
            self._cells.append("")
