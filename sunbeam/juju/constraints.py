"""Juju's constraint text (``cores=2 mem=4G image-id=hypervisor``) to and from the API's value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sunbeam.juju.errors import JujuError

SIZES = {"M": 1, "G": 1024, "T": 1024**2, "P": 1024**3}
MEBIBYTES = {"mem", "root-disk"}
NUMBERS = {"cores", "cpu-power"}
LISTS = {"tags", "spaces", "zones"}
WORDS = {"arch", "container", "instance-type", "instance-role", "root-disk-source", "virt-type", "image-id"}
BOOLEANS = {"allocate-public-ip"}


def size_in_mebibytes(text: str) -> int:
    """``20G`` -> 20480; a bare number counts mebibytes.  Raises JujuError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([MGTP])?(?:i?B)?", text)
    if match is None:
        raise JujuError(
            f"{text!r} is not a size",
            why="expected a number with M, G, T or P, such as 20G",
            id="constraint-wrong",
        )
    return round(float(match[1]) * SIZES[match[2] or "M"])


def parse_constraints(text: str) -> dict[str, Any]:
    """Parse ``key=value`` words.  Raises JujuError naming the word that is none."""
    value: dict[str, Any] = {}
    for word in text.split():
        key, equals, raw = word.partition("=")
        key = {"cpu-cores": "cores"}.get(key, key)
        if not equals:
            raise JujuError(f"{word!r} is not a constraint", why="expected key=value", id="constraint-wrong")
        if key in MEBIBYTES:
            value[key] = size_in_mebibytes(raw)
        elif key in NUMBERS and raw.isdecimal():
            value[key] = int(raw)
        elif key in LISTS:
            value[key] = raw.split(",")
        elif key in BOOLEANS and raw in ("true", "false"):
            value[key] = raw == "true"
        elif key in WORDS:
            value[key] = raw
        else:
            raise JujuError(
                f"{word!r} is not a constraint",
                why=f"Juju knows no {key} with such a value",
                id="constraint-wrong",
            )
    return value


def format_constraints(value: Mapping[str, Any]) -> str:
    """The text Juju prints for an API value, keys sorted; inverse of ``parse_constraints``."""
    return " ".join(
        f"{key}={_text(key, item)}" for key, item in sorted(value.items()) if item not in (None, "")
    )


def _text(key: str, item: Any) -> str:
    if key in MEBIBYTES:
        return f"{item // 1024}G" if item and item % 1024 == 0 else f"{item}M"
    if isinstance(item, bool):
        return str(item).lower()
    return ",".join(item) if isinstance(item, list) else str(item)
