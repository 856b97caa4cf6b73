"""Dataclasses from and as JSON: values read back by their types, and the JSON Schema of a type."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Json = dict[str, Any]
T = TypeVar("T")

SCALARS: dict[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}

hints = cache(get_type_hints)


def read(hint: Any, data: Any) -> Any:
    """``data`` (JSON) as a value of type ``hint``; keys that it does not know are left out."""
    if is_dataclass(hint) and isinstance(hint, type):
        known = hints(hint)
        own = {
            each.name: read(known[each.name], data[each.name]) for each in fields(hint) if each.name in data
        }
        return hint(**own)
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(read(kinds[0], each) for each in data)
        return tuple(read(kind, each) for kind, each in zip(kinds, data, strict=True))
    return data


def mapped(value: T, change: Callable[[str], str]) -> T:
    """``value``, a dataclass of this kind, with every text in it put through ``change``."""
    return cast(T, _mapped(value, change))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        own = {each.name: _mapped(getattr(value, each.name), change) for each in fields(value)}
        return replace(value, **own)
    return value


def schema_of(hint: Any) -> Json:
    """The JSON Schema of what ``json.dumps(asdict(value))`` writes of a value of type ``hint``.

    Raises TypeError for a type that events do not use.
    """
    if hint in SCALARS:
        return SCALARS[hint]
    origin, kinds = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(kinds)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(kind) for kind in kinds]}
    if origin is tuple and len(kinds) == 2 and kinds[1] is Ellipsis:
        return {"type": "array", "items": schema_of(kinds[0])}
    if origin is tuple:
        length = len(kinds)
        return {"type": "array", "prefixItems": [schema_of(kind) for kind in kinds],
                "minItems": length, "maxItems": length}  # fmt: skip
    if is_dataclass(hint) and isinstance(hint, type):
        return object_schema(hint)
    raise TypeError(f"no JSON Schema for {hint}")


def object_schema(kind: type, first: Mapping[str, Json] = {}) -> Json:
    """Of a dataclass; ``first`` are properties that its JSON has besides.  More keys may come later."""
    known = hints(kind)
    properties = {**first, **{each.name: schema_of(known[each.name]) for each in fields(kind)}}
    optional = {each.name for each in fields(kind) if each.default is not MISSING}
    schema: Json = {"type": "object", "properties": properties}
    if kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("):
        schema["description"] = " ".join(kind.__doc__.replace("``", "`").split())
    schema["required"] = [name for name in properties if name not in optional]
    return schema
