"""What pydantic says about a document, in words a person can use, with the place and the likely meant key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sunbeam.core.manifest.document import plain_value
from sunbeam.core.manifest.findings import Finding
from sunbeam.core.manifest.model import PATTERNS, Manifest
from sunbeam.core.manifest.tree import Step, Tree, dotted, spelled

Errors = list[Mapping[str, Any]]
MAPPING = "must be a mapping of keys to values"
WORDS = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list",
    "dict_type": MAPPING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
    "string_too_short": "must not be empty",
}


def shape_findings(tree: Tree, error: ValidationError, *, whole: bool) -> Iterator[Finding]:
    """A finding for each place that is wrong.

    A layer is not the ``whole``: what it lacks or takes back (null) is for others to give.
    """
    places: dict[tuple[Step, ...], Errors] = {}
    for each in error.errors(include_url=False):
        if each["type"] == "extra_forbidden" or (whole and each["type"] == "missing"):
            places[each["loc"]] = [each]
        elif whole or (each["type"] != "missing" and each["input"] is not None):
            path, _ = tree.deepest(each["loc"])
            places.setdefault(path, []).append(each)
    for path, errors in places.items():
        found, there = tree.deepest(path)
        if errors[0]["type"] == "extra_forbidden":
            yield Finding(there.key or there.origin, unknown_key(path), path)
        elif errors[0]["type"] == "missing":
            yield Finding(there.key or there.origin, f"{dotted(found)} needs the key {path[-1]}", path)
        else:
            yield Finding(there.origin, f"{dotted(path)} {_words(errors)}", path)


def unknown_key(path: Sequence[Step]) -> str:
    """That there is no such key, and which one was probably meant."""
    name = str(path[-1])
    text = f"unknown key {dotted(path)}"
    elsewhere = [key for key in _all_keys() if key.rpartition(".")[2] == name]
    meant = elsewhere or get_close_matches(name, known_keys(path[:-1]), 1)
    return f"{text}; did you mean {meant[0]}?" if meant else text


def known_keys(path: Sequence[Step]) -> list[str]:
    """The keys that a mapping of the manifest may have; none where any may be."""
    kind = _kind(path)
    return _keys(kind) if kind is not None else []


def typed_value(path: Sequence[Step], text: str) -> Any:
    """What a person means who types ``text`` for the key; the items of a list are separated by commas."""
    kind = _kind(path)
    if kind is str:
        return text
    text = text.strip()
    if get_origin(kind) is tuple:
        return [word.strip() for word in text.split(",") if word.strip()]
    if kind not in (bool, int):
        return text or None
    try:
        return plain_value(text)
    except ValueError:
        return text


def _keys(model: Any) -> list[str]:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _kind(path: Sequence[Step]) -> Any:
    """The type at ``path``, or None for what is not in the model."""
    kind: Any = Manifest
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {field.alias or name: field for name, field in kind.model_fields.items()}
            kind = fields[step].annotation if step in fields else None
        elif get_origin(kind) in (dict, tuple):
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0]
        else:
            return None
    return kind


@cache
def _all_keys() -> tuple[str, ...]:
    def walk(model: type[BaseModel], above: str) -> Iterator[str]:
        for name in _keys(model):
            yield f"{above}{name}"
            field = next(each for key, each in model.model_fields.items() if name in (key, each.alias))
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield from walk(field.annotation, f"{above}{name}.")

    return tuple(sorted(walk(Manifest, ""), key=lambda key: key.count(".")))


def _words(errors: Errors) -> str:
    first = errors[0]
    value, kind = first["input"], first["type"]
    if len(errors) > 1:
        return "must be text, a number, true or false"
    if kind == "string_type":
        hint = ": write it in quotes" if isinstance(value, (bool, int, float)) else ""
        return f"must be text{hint}"
    if kind == "ip_v4_address":
        return f"must be an IPv4 address such as 192.0.2.1, not {value!r}"
    if kind == "no_machine":
        return f"must be the address of a machine, not {value!r}"
    if kind == "ip_v4_network":
        return f"must be an IPv4 range such as 192.0.2.0/24, not {value!r}"
    if kind == "literal_error":
        return f"must be {first['ctx']['expected']}, not {spelled(value)}"
    if kind == "greater_than_equal":
        return f"must be {first['ctx']['ge']} or more, not {value!r}"
    if kind == "less_than_equal":
        return f"must be {first['ctx']['le']} or less, not {value!r}"
    if kind == "string_too_long":
        return f"must not be longer than {first['ctx']['max_length']} characters"
    if kind == "string_pattern_mismatch":
        return f"must be {PATTERNS[first['ctx']['pattern']]}, not {value!r}"
    return WORDS.get(kind, str(first["msg"]))
