"""What files and options say of the keys that are asked about, as far as it can be understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sunbeam.core.manifest.document import read_document
from sunbeam.core.manifest.findings import Findings
from sunbeam.core.manifest.plans import layers
from sunbeam.core.manifest.tree import DEFAULT, Tree, merge
from sunbeam.core.questions import QUESTIONS


def spoken(files: Sequence[Path], options: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Values as a person would type them, and where files say them, both by dotted key.

    Mistakes are passed over: ``effective`` tells them.
    """
    merged = Tree({}, DEFAULT)
    for file in layers(files)[1]:
        merged = merge(merged, read_document(file, Findings()))
    said, places = {}, {}
    for question in QUESTIONS:
        path = question.key.split(".")
        found, tree = merged.deepest(path)
        if len(found) == len(path):
            said[question.key], places[question.key] = as_typed(tree.plain()), str(tree.origin)
    for key in options:
        places.pop(key, None)
    return {**said, **options}, places


def as_typed(value: Any) -> str:
    """A value as a person would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
