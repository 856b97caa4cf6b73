"""Where the source makes errors, findings and diagnoses, and with which id."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sunbeam

ROOT = Path(sunbeam.__file__).parent
PASSED_ON = {"core/errors.py", "core/events.py"}
"""Files that make findings again from events, with the ids that these have."""


@dataclass(frozen=True)
class Site:
    """``ids``: all that a call may have; None if nobody can tell from the source."""

    place: str
    ids: tuple[str, ...] | None


@cache
def trees() -> dict[str, ast.Module]:
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in sorted(ROOT.rglob("*.py"))}


@cache
def error_classes() -> dict[str, str]:
    """Id by name of SunbeamError and all that derive from it; empty if a class has none of its own."""
    found = {"SunbeamError": ""}
    while True:
        before = len(found)
        for tree in trees().values():
            for node in ast.walk(tree):
                bases = [base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)]
                if isinstance(node, ast.ClassDef) and (known := [base for base in bases if base in found]):
                    found[node.name] = _own_id(node) or found[known[0]]
        if len(found) == before:
            return found


def sites() -> Iterator[Site]:
    kinds = {*error_classes(), "Problem"}
    for name in trees().keys() - PASSED_ON:
        for call in ast.walk(trees()[name]):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in kinds:
                yield Site(f"{name}:{call.lineno} {call.func.id}", _ids(call, call.func.id))


def _ids(call: ast.Call, kind: str) -> tuple[str, ...] | None:
    for keyword in call.keywords:
        if keyword.arg == "id":
            return _texts(keyword.value)
        if keyword.arg is None:
            return None
    own = error_classes().get(kind, "")
    return (own,) if own else ()


def _texts(value: ast.expr) -> tuple[str, ...] | None:
    if isinstance(value, ast.Constant):
        return (str(value.value),)
    if isinstance(value, ast.IfExp):
        both = (_texts(value.body), _texts(value.orelse))
        return None if None in both else tuple(text for texts in both for text in texts or ())
    return None


def _own_id(node: ast.ClassDef) -> str:
    """Of ``id = "..."`` in the body."""
    for line in node.body:
        match line:
            case ast.Assign(targets=[ast.Name(id="id")], value=ast.Constant(value=str(text))):
                return text
    return ""
