"""Sizes and lists as findings write them."""

from __future__ import annotations

from collections.abc import Sequence

KIB = 1024
MIB = KIB**2
GIB = KIB**3


def size(count: float) -> str:
    """``7.5 GiB``, ``120 MiB``."""
    if count >= GIB:
        return f"{count / GIB:.1f} GiB".replace(".0 ", " ")
    return f"{count / MIB:.0f} MiB"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
