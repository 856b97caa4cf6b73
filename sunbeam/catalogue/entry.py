"""What is known of a kind of error, finding or diagnosis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """``id`` is what errors print; ``cause`` and ``remedy`` are Markdown sentences, commands in backticks."""

    id: str
    cause: str
    remedy: str
