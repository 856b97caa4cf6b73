"""Taking multipart bodies apart as they arrive."""

from __future__ import annotations

import re

from .errors import ApiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_HEAD = 65536
_PARAMETER = re.compile(r';\s*([A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))')


class Part:
    """The head of a part: its form ``name`` and, if it is a file, ``filename``."""

    def __init__(self, head: str) -> None:
        self.name = self.filename = ""
        for line in head.split("\r\n"):
            header, _, value = line.partition(":")
            if header.strip().lower() == "content-disposition":
                parameters = parse_parameters(value)
                self.name = parameters.get("name", "")
                self.filename = parameters.get("filename", "")


class Multipart:
    """Feed it the body; it gives a Part for each head, then bytes of its content, then None at its end."""

    def __init__(self, boundary: str) -> None:
        self._mark = b"\r\n--" + boundary.encode()
        self._data = bytearray(b"\r\n")
        self._state = "content"
        self._first = True
        self.complete = False

    def feed(self, data: bytes) -> Iterator[Part | bytes | None]:
        """Raises ApiError when a head is not one."""
        self._data += data
        while not self.complete:
            step = self._content() if self._state == "content" else self._head()
            if step is None:
                return
            yield from step

    def _content(self) -> list[Part | bytes | None] | None:
        """Content up to the next mark; None when more data is needed."""
        at = self._data.find(self._mark)
        if at < 0:
            # All but what may be the start of a mark is content.
            ready = len(self._data) - len(self._mark) + 1
            if ready <= 0:
                return None
            content = self._take(ready)
            return [] if self._first else [content]
        after = bytes(self._data[at + len(self._mark) : at + len(self._mark) + 2])
        if len(after) < 2:
            return None
        content = self._take(at)
        self._take(len(self._mark))
        ended: list[Part | bytes | None] = [] if self._first else [content, None]
        self._first = False
        self.complete = after == b"--"
        self._state = "head"
        return ended

    def _head(self) -> list[Part | bytes | None] | None:
        at = self._data.find(b"\r\n\r\n")
        if at < 0:
            if len(self._data) > _LONGEST_HEAD:
                raise ApiError(400, "the head of a multipart part is too long")
            return None
        head = self._take(at + 4).decode(errors="surrogateescape")
        self._state = "content"
        return [Part(head.strip())]

    def _take(self, size: int) -> bytes:
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken


def parse_parameters(value: str) -> dict[str, str]:
    """Parameters of a header like ``form-data; name="files"``."""
    return {
        key.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for key, quoted, plain in _PARAMETER.findall(value)
    }
