"""The part of JSON Schema that our schemas use; a keyword that it does not know fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
FORMATS: dict[str, Callable[[str], object]] = {"ipv4": IPv4Address, "ipv4network": IPv4Network}
SILENT = {"$schema", "$defs", "title", "description", "default"}


def mistakes(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Where and why ``value`` is not as ``schema``, a part of ``root``, says."""
    for keyword, argument in schema.items():
        if keyword == "additionalProperties":
            yield from _object(value, schema, root, at)
        elif keyword not in SILENT:
            yield from RULES[keyword](value, argument, root, at)


def _type(value: Any, name: str, root: Any, at: str) -> Iterator[str]:
    wrong_bool = isinstance(value, bool) and name in ("integer", "number")
    if wrong_bool or not isinstance(value, TYPES[name]):
        yield f"{at}: {value!r} is no {name}"


def _types(value: Any, names: str | list[str], root: Any, at: str) -> Iterator[str]:
    wanted = [names] if isinstance(names, str) else names
    found = [list(_type(value, name, root, at)) for name in wanted]
    if all(found):
        yield f"{at}: {value!r} is no {' or '.join(wanted)}"


def _pattern(value: Any, pattern: str, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(pattern, value):
        yield f"{at}: {value!r} does not fit {pattern}"


def _minimum(value: Any, least: float, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, (int, float)) and value < least:
        yield f"{at}: {value!r} is below {least}"


def _maximum(value: Any, most: float, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, (int, float)) and value > most:
        yield f"{at}: {value!r} is above {most}"


def _longest(value: Any, length: int, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and len(value) > length:
        yield f"{at}: longer than {length}"


def _format(value: Any, name: str, root: Any, at: str) -> Iterator[str]:
    try:
        if isinstance(value, str):
            FORMATS[name](value)
    except ValueError as error:
        yield f"{at}: {error}"


def _object(value: Any, schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    """``properties`` and ``additionalProperties`` belong together."""
    if not isinstance(value, dict):
        return
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name in value.keys() - named.keys():
        if others is False:
            yield f"{at}: unknown {name}"
        elif isinstance(others, dict):
            yield from mistakes(value[name], others, root, f"{at}.{name}")


def _const(value: Any, wanted: Any, root: Any, at: str) -> Iterator[str]:
    if value != wanted:
        yield f"{at}: {value!r} is not {wanted!r}"


def _enum(value: Any, wanted: list[Any], root: Any, at: str) -> Iterator[str]:
    if value not in wanted:
        yield f"{at}: {value!r} is none of {wanted}"


def _required(value: Any, names: list[str], root: Any, at: str) -> Iterator[str]:
    yield from (f"{at}: no {name}" for name in names if name not in value)


def _properties(value: Any, schemas: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    for name, schema in schemas.items():
        if isinstance(value, dict) and name in value:
            yield from mistakes(value[name], schema, root, f"{at}.{name}")


def _items(value: Any, schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    for index, each in enumerate(value):
        yield from mistakes(each, schema, root, f"{at}[{index}]")


def _prefix_items(value: Any, schemas: list[Any], root: Any, at: str) -> Iterator[str]:
    for index, (each, schema) in enumerate(zip(value, schemas, strict=False)):
        yield from mistakes(each, schema, root, f"{at}[{index}]")


def _least(value: Any, count: int, root: Any, at: str) -> Iterator[str]:
    if len(value) < count:
        yield f"{at}: fewer than {count}"


def _most(value: Any, count: int, root: Any, at: str) -> Iterator[str]:
    if len(value) > count:
        yield f"{at}: more than {count}"


def _any_of(value: Any, schemas: list[Any], root: Any, at: str) -> Iterator[str]:
    found = [list(mistakes(value, schema, root, at)) for schema in schemas]
    if all(found):
        yield f"{at}: fits none: {found}"


def _one_of(value: Any, schemas: list[Any], root: Any, at: str) -> Iterator[str]:
    found = [list(mistakes(value, schema, root, at)) for schema in schemas]
    if sum(1 for each in found if not each) != 1:
        yield f"{at}: does not fit exactly one: {min(found, key=len)}"


def _ref(value: Any, target: str, root: Any, at: str) -> Iterator[str]:
    yield from mistakes(value, root["$defs"][target.removeprefix("#/$defs/")], root, at)


Rule = Callable[[Any, Any, Any, str], Iterator[str]]
RULES: dict[str, Rule] = {
    "type": _types, "pattern": _pattern, "minimum": _minimum, "maximum": _maximum,
    "maxLength": _longest, "format": _format,
    "const": _const, "enum": _enum, "required": _required, "properties": _properties,
    "items": _items, "prefixItems": _prefix_items, "minItems": _least, "maxItems": _most,
    "anyOf": _any_of, "oneOf": _one_of, "$ref": _ref,
}  # fmt: skip
