"""Files as text, and the ends of long ones."""

from __future__ import annotations

import os
from pathlib import Path

TAIL_BYTES = 128 << 10


def text(path: Path) -> str:
    """Its text; empty if it is not there or not readable."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def tail(path: Path, size: int = TAIL_BYTES) -> list[str]:
    """The whole lines among the last ``size`` bytes.  Raises OSError."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - size))
        lines = file.read().decode(errors="replace").splitlines()
    return lines[1:] if length > size else lines


def last(lines: list[str], count: int = 3) -> str:
    """The last lines that say something."""
    return "\n".join([line for line in lines if line.strip()][-count:])
