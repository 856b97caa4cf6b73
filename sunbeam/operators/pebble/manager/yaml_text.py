"""A position in YAML text, and the scalars that can be read there."""

from __future__ import annotations

import re

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028",
    "P": "\u2029",
}  # fmt: skip
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}
_FORBIDDEN = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_FOLD = re.compile(r"[ \t]*\n[ \t\n]*")
_QUOTED_RUN = re.compile(r'[^"\\ \t\n]+|[ \t]+')
_ESCAPED_BREAK = re.compile(r"\\\n((?:[ \t]*\n)*)[ \t]*")
_PLAIN_BLOCK = re.compile(r"(?:[^ \t\n:#]|:(?=[^ \t\n])|(?<=[^ \t\n])#|[ \t]+(?=[^ \t\n#:]|:[^ \t\n]))+")
_PLAIN_FLOW = re.compile(
    r"(?:[^ \t\n:#,?\[\]{}]|[:?](?=[^ \t\n,\[\]{}])|(?<=[^ \t\n])#"
    r"|[ \t]+(?=[^ \t\n#:,?\[\]{}]|[:?][^ \t\n,\[\]{}]))+"
)
_NEVER_FIRST = ",[]{}#&*!|>'\"%@`"
_BLOCK_HEADER = re.compile(r"[|>](?:([1-9])([+-])?|([+-])([1-9])?)?[ \t]*(?:(?<=[ \t])#[^\n]*)?(?:\n|\Z)")
_MARKER = re.compile(r"(?:---|\.\.\.)(?=[ \t\n]|\Z)")


class YamlError(ValueError):
    """The text is not YAML, or uses something that layers have no use for."""


class Plain(str):
    """A scalar without quotes: its type is not decided yet."""


class YamlText:
    """The text, where reading is, and what can be read without knowing what surrounds it."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n").lstrip("\ufeff")
        self.at = 0
        bad = _FORBIDDEN.search(self.text)
        if bad:
            self.at = bad.start()
            raise self.error(f"character {bad.group()!r} is not allowed")

    def error(self, problem: str) -> YamlError:
        return YamlError(f"line {self.text.count(chr(10), 0, self.at) + 1}: {problem}")

    def column(self) -> int:
        return self.at - (self.text.rfind("\n", 0, self.at) + 1)

    def peek(self, ahead: int = 0) -> str:
        """The character ahead, empty at the end."""
        return self.text[self.at + ahead : self.at + ahead + 1]

    def space_at(self, ahead: int) -> bool:
        return self.peek(ahead) in ("", " ", "\t", "\n")

    def skip_blanks(self) -> None:
        while self.peek() in (" ", "\t") and self.peek():
            self.at += 1

    def line_is_done(self) -> bool:
        """Skip blanks and a comment; whether the line ends there."""
        start = self.at
        self.skip_blanks()
        if self.peek() == "#" and (self.at > start or self.column() == 0 or self.text[self.at - 1] in " \t"):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        return self.peek() in ("", "\n")

    def next_token(self) -> None:
        """Go over white space, comments and empty lines."""
        while self.line_is_done() and self.peek():
            self.at += 1
        line = self.text[self.at - self.column() : self.at]
        if "\t" in line and not line.strip(" \t") and self.peek():
            raise self.error("a tab cannot indent")

    def at_marker(self) -> bool:
        """At ``---`` or ``...``."""
        return self.column() == 0 and _MARKER.match(self.text, self.at) is not None

    def single_quoted(self) -> str:
        end = self.at + 1
        while True:
            end = self.text.find("'", end)
            if end < 0:
                raise self.error("the quote is not closed")
            if self.text[end + 1 : end + 2] != "'":
                break
            end += 2
        raw, self.at = self.text[self.at + 1 : end], end + 1
        return _fold(raw).replace("''", "'")

    def double_quoted(self) -> str:
        start, parts = self.at, []
        self.at += 1
        while self.peek() != '"':
            run = _FOLD.match(self.text, self.at) or _QUOTED_RUN.match(self.text, self.at)
            if run:
                self.at = run.end()
                parts.append(_fold(run.group()))
            elif self.peek() == "\\":
                parts.append(self._escape())
            else:
                self.at = start
                raise self.error("the quote is not closed")
        self.at += 1
        return "".join(parts)

    def _escape(self) -> str:
        line_break = _ESCAPED_BREAK.match(self.text, self.at)
        if line_break:
            self.at = line_break.end()
            return "\n" * line_break.group(1).count("\n")
        letter = self.peek(1)
        if letter in _HEXADECIMAL:
            digits = self.text[self.at + 2 : self.at + 2 + _HEXADECIMAL[letter]]
            if not re.fullmatch(r"[0-9a-fA-F]+", digits) or len(digits) < _HEXADECIMAL[letter]:
                raise self.error(f"escape \\{letter} needs {_HEXADECIMAL[letter]} hexadecimal digits")
            if int(digits, 16) > 0x10FFFF:
                raise self.error(f"escape \\{letter}{digits} is no character")
            self.at += 2 + len(digits)
            return chr(int(digits, 16))
        if letter not in _ESCAPES:
            raise self.error(f"unknown escape \\{letter}")
        self.at += 2
        return _ESCAPES[letter]

    def starts_plain(self, in_flow: bool) -> bool:
        first = self.peek()
        if in_flow and first in "?:":
            return False
        if first in "-?:":
            following = self.peek(1)
            return not self.space_at(1) and not (in_flow and following in ",[]{}")
        return first not in _NEVER_FIRST

    def plain_line(self, in_flow: bool) -> str:
        """The part of a plain scalar that is on this line; empty when it cannot go on here."""
        match = (_PLAIN_FLOW if in_flow else _PLAIN_BLOCK).match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match.group()

    def plain(self, indent: int, in_flow: bool) -> Plain:
        """A plain scalar over all its lines, which are indented by more than ``indent``."""
        if not self.starts_plain(in_flow):
            raise self.error(f"a value cannot start with {self.peek()!r}")
        text = self.plain_line(in_flow)
        while True:
            before = self.at
            gap = _FOLD.match(self.text, self.at)
            if gap is None:
                break
            self.at = gap.end()
            if "\t" in self.text[self.at - self.column() : self.at] and self.column() <= indent:
                raise self.error("a tab cannot indent")
            more = ""
            if self.column() > indent and not self.at_marker() and self.peek() != "#":
                more = self.plain_line(in_flow)
            if not more:
                self.at = before
                break
            text += ("\n" * (gap.group().count("\n") - 1) or " ") + more
        return Plain(text)

    def block_scalar(self, indent: int) -> str:
        """A literal (|) or folded (>) scalar; ``indent`` is the column of the collection around it."""
        header = _BLOCK_HEADER.match(self.text, self.at)
        if header is None:
            raise self.error("the header of a block scalar is wrong")
        folded = self.peek() == ">"
        explicit, chomp = header.group(1) or header.group(4), header.group(2) or header.group(3)
        self.at = header.end()
        width = max(indent, 0) + int(explicit or 1)
        if not explicit:
            first = re.compile(r"(?:[ ]*\n)*([ ]*)[^ \n]").match(self.text, self.at)
            width = max(width, len(first.group(1))) if first else width
        lines: list[str] = []
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            line = self.text[self.at : end] if end >= 0 else self.text[self.at :]
            if line.strip(" ") and line[:width].strip(" ") != "":
                break
            if not explicit and not any(lines) and not line.strip(" ") and len(line) > width:
                raise self.error("an empty line is indented deeper than the text after it")
            lines.append(line[width:])
            self.at = end + 1 if end >= 0 else len(self.text)
        content = len(lines)
        while content and not lines[content - 1]:
            content -= 1
        text = _fold_block(lines[:content]) if folded else "\n".join(lines[:content])
        if chomp == "-" or not lines:
            return text
        broken = self.text[self.at - 1] == "\n" or content < len(lines)
        last = "\n" if content and broken else ""
        return text + last + ("\n" * (len(lines) - content) if chomp == "+" else "")


def _fold(raw: str) -> str:
    """Line breaks inside quotes: one is a space, more are one less."""
    return _FOLD.sub(lambda gap: "\n" * (gap.group().count("\n") - 1) or " ", raw)


def _fold_block(lines: list[str]) -> str:
    """Lines of a folded scalar.  Lines that start with white space keep their breaks."""
    text, empty, previous = "", 0, ""
    for number, line in enumerate(lines):
        if not line:
            empty += 1
            continue
        if number:
            kept = not previous or previous[0] in " \t" or line[0] in " \t"
            text += "\n" * (empty + (1 if kept and previous else 0)) or " "
        text, empty, previous = text + line, 0, line
    return text
