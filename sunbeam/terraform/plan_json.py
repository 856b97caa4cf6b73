"""Core's JSON plan as resource changes a person can read: what is created, changed, replaced, deleted.

Shapes: "JSON Output Format" of OpenTofu and Terraform, format version 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from sunbeam.core.foresight import SENSITIVE, UNKNOWN, AttributeChange, ResourceChange

Action = Literal["create", "update", "replace", "delete"]
ACTIONS: dict[tuple[str, ...], Action] = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
}
MANY = "[*]"
"""In the address of a resource of which nobody knows yet how many there will be."""

_KEY = re.compile(r'\["([^"]+)"\]')
_TYPE = re.compile(r"juju_\w+")
_BLOCK = re.compile(r'^(resource|module) "([\w-]+)"(?: "([\w-]+)")? \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r'^  source += "(\.[\w./-]+)"', re.MULTILINE)
_REPEATED = re.compile(r"^  (for_each|count) ", re.MULTILINE)


def resource_changes(plan: Mapping[str, Any]) -> tuple[ResourceChange, ...]:
    """Of resources that change; ``plan`` is what ``show -json`` prints of a plan."""
    found = []
    for entry in plan.get("resource_changes") or []:
        change = entry["change"]
        action = ACTIONS.get(tuple(change["actions"]))
        if action is not None and entry.get("mode") == "managed":
            found.append(ResourceChange(entry["address"], action, tuple(_attributes(change))))
    return tuple(found)


def _attributes(change: Mapping[str, Any]) -> Iterator[AttributeChange]:
    """Those that differ; of a new resource those that have a value."""
    before = _flat(change.get("before"), change.get("before_sensitive"))
    after = _flat(change.get("after"), change.get("after_sensitive"))
    unknown = {path for path, text in _flat(change.get("after_unknown"), False).items() if text == "true"}
    if change.get("after") is None:
        return
    within = tuple(f"{name}." for name in unknown)
    for name in sorted({*before, *after, *unknown}):
        if name.startswith(within):
            continue  # what a list holds whose end nobody knows yet
        old, new = before.get(name, ""), UNKNOWN if name in unknown else after.get(name, "")
        differs = old != new and not (change.get("before") is None and new in ("", UNKNOWN))
        hidden = SENSITIVE in (old, new)
        if differs or (hidden and _below(change, "before", name) != _below(change, "after", name)):
            yield AttributeChange(name, old, new)


def _below(change: Mapping[str, Any], side: str, name: str) -> dict[str, str]:
    """A value in clear, to see whether a secret differs; it must not be told."""
    leaves = _flat(change.get(side), False)
    return {path: text for path, text in leaves.items() if path == name or path.startswith(f"{name}.")}


def _flat(value: Any, sensitive: Any, path: str = "") -> dict[str, str]:
    """Leaves by dotted path as text; what is empty is left out."""
    if sensitive is True:
        return {path: SENSITIVE} if value not in (None, "", [], {}) else {}
    if isinstance(value, Mapping):
        items: list[tuple[str, Any, Any]] = [
            (str(key), each, sensitive.get(key) if isinstance(sensitive, Mapping) else None)
            for key, each in value.items()
        ]
    elif isinstance(value, list):
        marks = sensitive if isinstance(sensitive, list) else [None] * len(value)
        items = [
            (str(index), each, mark) for index, (each, mark) in enumerate(zip(value, marks, strict=False))
        ]
    elif value in (None, ""):
        return {}
    else:
        return {path: value if isinstance(value, str) else json.dumps(value)}
    flat: dict[str, str] = {}
    for key, each, mark in items:
        flat |= _flat(each, mark, f"{path}.{key}" if path else key)
    return flat


def short_name(address: str) -> str:
    """``nova`` of ``module.application["nova"].juju_application.this``."""
    keys = _KEY.findall(address)
    names = [word for word in address.split(".") if word != "this"]
    return keys[-1] if keys else names[-1] if not _TYPE.fullmatch(names[-1]) else names[-2]


def resources_in(folder: Path, prefix: str = "") -> Iterator[str]:
    """Addresses of the resources that a module's files name, read without core."""
    for file in sorted(folder.glob("*.tf")):
        for kind, first, second, body in _BLOCK.findall(file.read_text()):
            many = MANY if _REPEATED.search(body) else ""
            if kind == "resource":
                yield f"{prefix}{first}.{second}{many}"
            elif source := _SOURCE.search(body):
                yield from resources_in(folder / source[1], f"{prefix}module.{first}{many}.")
