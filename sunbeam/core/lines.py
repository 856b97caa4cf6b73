"""One line of ours in a text that belongs to others."""

from __future__ import annotations

from pathlib import Path


def target(path: Path, line: str) -> str:
    """Under which it is on record."""
    return f"{path}: {line}"


def added(text: str, line: str) -> str:
    """What is to be put behind ``text`` so that it ends with ``line``."""
    return f"{line}\n" if not text or text.endswith("\n") else f"\n{line}\n"


def without(text: str, addition: str) -> str:
    """``text`` as it was before ``addition`` was put behind it; what others wrote since stays."""
    if text.endswith(addition):
        return text.removesuffix(addition)
    lines = text.splitlines(keepends=True)
    ours = [place for place, line in enumerate(lines) if line.strip() == addition.strip()]
    return "".join(line for place, line in enumerate(lines) if place not in ours[-1:])
