"""Reading files that a person names: manifests, and what references stand for."""

from __future__ import annotations

import stat
from pathlib import Path

LARGEST = 1 << 20
"""Bytes: nobody writes a longer manifest or secret."""

_PIPED: dict[tuple[int, int], bytes] = {}
"""What came through pipes, by device and inode: they can be read once, but manifests are read again."""


class Unreadable(Exception):
    """Why a file cannot be read, and where in it."""

    def __init__(self, why: str, line: int = 1, column: int = 1) -> None:
        super().__init__(why)
        self.line = line
        self.column = column


def read_text(file: Path) -> str:
    """The text of a regular file or a pipe, without a byte order mark.  Raises Unreadable."""
    try:
        content = _content(file)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    if len(content) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        column = len(before) - before.rfind("\n")
        raise Unreadable("it is not UTF-8", before.count("\n") + 1, column) from None


def _content(file: Path) -> bytes:
    """At most one byte more than is allowed."""
    found = file.stat()
    pipe = stat.S_ISFIFO(found.st_mode)
    place = found.st_dev, found.st_ino
    if pipe and place in _PIPED:
        return _PIPED[place]
    if not pipe and not stat.S_ISREG(found.st_mode):
        raise Unreadable("it is a folder" if stat.S_ISDIR(found.st_mode) else "it is no regular file")
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    if pipe:
        _PIPED[place] = content
    return content
