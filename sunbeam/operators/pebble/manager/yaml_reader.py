"""Reads the YAML that layers are written in, and refuses the rest rather than guess.

Understood: block and flow collections, plain, quoted, literal and folded scalars, comments, anchors, explicit
keys, one document.  Refused: tags, directives, merge keys, more documents, duplicate keys, tab indentation.
"""

from __future__ import annotations

import re

from .yaml_text import Plain, YamlError, YamlText

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ANCHOR = re.compile(r"[&*]([A-Za-z0-9_-]+)(?=[ \t\n,\]}]|\Z)")
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_AMBIGUOUS = re.compile(
    r"\d{4}-\d\d?-\d\d?([Tt\s].*)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|=|<<", re.DOTALL
)
_WORDS = {"": None, "~": None, "null": None, "true": True, "yes": True, "on": True}
_WORDS.update({"false": False, "no": False, "off": False})


def read_yaml(text: str) -> Any:
    """Dicts, lists, str, and Plain for what had no quotes.  Raises YamlError with the line."""
    return _Reader(text).document()


def resolve(value: Any) -> Any:
    """``value`` with each Plain made what YAML 1.1 says it is.  Raises YamlError for dates and the like."""
    if isinstance(value, dict):
        return {resolve(key): resolve(member) for key, member in value.items()}
    if isinstance(value, list):
        return [resolve(member) for member in value]
    return _resolve_plain(value) if isinstance(value, Plain) else value


def _resolve_plain(plain: Plain) -> Any:
    text = str(plain)
    if text in (text.lower(), text.capitalize(), text.upper()) and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _AMBIGUOUS.fullmatch(text):
        raise YamlError(f"{text!r} needs quotes")
    if _INTEGER.fullmatch(text):
        digits = text.replace("_", "").lower()
        octal = re.fullmatch(r"([-+]?)0o?([0-7]+)", digits)
        return int(octal.group(1) + octal.group(2), 8) if octal else int(digits, 0)
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return float(infinite.group(1) + "inf")
    if text in (".nan", ".NaN", ".NAN"):
        return float("nan")
    return float(text.replace("_", "")) if _FLOAT.fullmatch(text) else text


class _Reader(YamlText):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._anchors: dict[str, Any] = {}

    def document(self) -> Any:
        self.next_token()
        if self.peek() == "%" and self.column() == 0:
            raise self.error("directives are not supported")
        explicit = self.at_marker() and self.peek() == "-"
        self.at += 3 if explicit else 0
        value = self._after(-1, own_line=not explicit)
        self.next_token()
        while self.at_marker() and self.peek() == ".":
            self.at += 3
            self.next_token()
        if self.peek():
            raise self.error("a second document" if self.at_marker() else "text that belongs to nothing")
        return value

    def _after(self, indent: int, own_line: bool, may_dedent: bool = False) -> Any:
        """The node that follows a key, a dash or a document's start.

        ``own_line``: a block collection may begin right here.  ``may_dedent``: a sequence that is the value
        of a key may be as little indented as the key.
        """
        anchor = None
        while True:
            if self.line_is_done():
                own_line = True
                self.next_token()
                is_item = self.peek() == "-" and self.space_at(1)
                least = indent if may_dedent and is_item else indent + 1
                if not self.peek() or self.at_marker() or self.column() < least:
                    return self._keep(anchor, Plain(""))
            if self.peek() != "&":
                break
            if own_line and self._is_key():
                break
            if anchor is not None:
                raise self.error("two anchors for one value")
            anchor, own_line = self._anchor_name(), False
        return self._keep(anchor, self._node(indent, own_line))

    def _keep(self, anchor: str | None, value: Any) -> Any:
        if anchor is not None:
            if anchor in self._anchors:
                raise self.error(f"two anchors are named {anchor!r}")
            self._anchors[anchor] = value
        return value

    def _anchor_name(self) -> str:
        match = _ANCHOR.match(self.text, self.at)
        if match is None:
            raise self.error("an anchor needs a name")
        self.at = match.end()
        return match.group(1)

    def _node(self, indent: int, own_line: bool) -> Any:
        character = self.peek()
        if character == "!":
            raise self.error("tags are not supported")
        if own_line:
            if character == "-" and self.space_at(1):
                return self._sequence(self.column())
            if (character == "?" and self.space_at(1)) or self._is_key():
                return self._mapping(self.column())
        if character in "-?:" and self.space_at(1):
            raise self.error(f"{character!r} cannot be here")
        if character in "|>":
            return self.block_scalar(indent)
        value = self._inline(indent, in_flow=False)
        if not self.line_is_done():
            raise self.error(f"unexpected {self.peek()!r} after a value")
        return value

    def _inline(self, indent: int, in_flow: bool) -> Any:
        """An alias, a flow collection, a quoted or plain scalar."""
        character = self.peek()
        if character == "*":
            name = self._anchor_name()
            if name not in self._anchors:
                raise self.error(f"unknown anchor {name!r}")
            return self._anchors[name]
        if character == "[":
            return self._flow_sequence(indent)
        if character == "{":
            return self._flow_mapping(indent)
        if character == "'":
            return self.single_quoted()
        if character == '"':
            return self.double_quoted()
        return self.plain(indent, in_flow)

    def _is_key(self) -> bool:
        """Whether the rest of this line is ``KEY:``.  Does not move."""
        start, known = self.at, dict(self._anchors)
        try:
            self._key()
        except YamlError:
            return False
        else:
            return self.text.find("\n", start, self.at) < 0 and self.peek() == ":" and self.space_at(1)
        finally:
            self.at, self._anchors = start, known

    def _key(self) -> str:
        """A key and the blanks after it."""
        anchor = None
        if self.peek() == "&":
            anchor = self._anchor_name()
            self.skip_blanks()
        if self.peek() in "'\"*[{" and self.peek():
            key = self._inline(-1, in_flow=False)
        else:
            if not self.starts_plain(in_flow=False):
                raise self.error(f"a key cannot start with {self.peek()!r}")
            key = Plain(self.plain_line(in_flow=False))
        self.skip_blanks()
        key = self._keep(anchor, key)
        return self._checked_key(key)

    def _checked_key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise self.error("a key must be a scalar")
        return key

    def _mapping(self, column: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while self.peek() and self.column() == column and not self.at_marker():
            if self.peek() == "?" and self.space_at(1):
                self.at += 1
                key = self._checked_key(self._after(column, own_line=True))
                self.next_token()
                value: Any = Plain("")
                if self.peek() == ":" and self.space_at(1) and self.column() == column:
                    self.at += 1
                    value = self._after(column, own_line=True)
            else:
                if not self._is_key():
                    raise self.error("a mapping needs 'KEY: VALUE' here")
                key = self._key()
                self.at += 1
                value = self._after(column, own_line=False, may_dedent=True)
            self._add(mapping, key, value)
            self.next_token()
        if self.peek() and self.column() > column:
            raise self.error("the indentation fits nothing above")
        return mapping

    def _add(self, mapping: dict[str, Any], key: str, value: Any) -> None:
        if isinstance(key, Plain) and key == "<<":
            raise self.error("merge keys are not supported")
        if key in mapping:
            raise self.error(f"key {str(key)!r} occurs twice")
        mapping[key] = value

    def _sequence(self, column: int) -> list[Any]:
        items: list[Any] = []
        while self.peek() == "-" and self.space_at(1) and self.column() == column and not self.at_marker():
            self.at += 1
            if self.peek() == "\t":
                raise self.error("a tab cannot indent")
            items.append(self._after(column, own_line=True))
            self.next_token()
        if self.peek() and self.column() > column:
            raise self.error("the indentation fits nothing above")
        return items

    def _flow_item(self, indent: int, key: bool = False) -> Any:
        anchor = None
        if self.peek() == "&":
            anchor = self._anchor_name()
            self.next_token()
        if self.peek() == "!":
            raise self.error("tags are not supported")
        empty = self.peek() in ",]}" or (key and self.peek() == ":" and not self.starts_plain(in_flow=True))
        return self._keep(anchor, Plain("") if empty and self.peek() else self._inline(indent, in_flow=True))

    def _flow_next(self, close: str) -> None:
        """Over the comma, to the next item or the end of the collection."""
        self.next_token()
        if self.peek() == ",":
            self.at += 1
            self.next_token()
        elif self.peek() != close:
            raise self.error(f"expected ',' or {close!r}")

    def _flow_sequence(self, indent: int) -> list[Any]:
        items: list[Any] = []
        self.at += 1
        self.next_token()
        while self.peek() != "]":
            if self.peek() in ",:?" and not self.starts_plain(in_flow=True):
                raise self.error("an empty item or a pair in a list")
            items.append(self._flow_item(indent))
            self._flow_next("]")
        self.at += 1
        return items

    def _flow_mapping(self, indent: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        self.at += 1
        self.next_token()
        while self.peek() != "}":
            explicit = self.peek() == "?" and self.space_at(1)
            if explicit:
                self.at += 1
                self.next_token()
            elif self.peek() == ",":
                raise self.error("a key is missing")
            if self.peek() == ":" and not self.starts_plain(in_flow=True):
                raise self.error("a key is missing")
            began = self.at
            key = self._checked_key(self._flow_item(indent, key=True))
            self.next_token()
            value: Any = Plain("")
            if self.peek() == ":":
                if not explicit and "\n" in self.text[began : self.at]:
                    raise self.error("a key of several lines")
                self.at += 1
                self.next_token()
                value = self._flow_item(indent)
            elif self.peek() == "":
                raise self.error("the braces are not closed")
            self._add(mapping, key, value)
            self._flow_next("}")
        self.at += 1
        return mapping
