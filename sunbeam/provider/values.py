"""Terraform values: plain Python values plus ``UNKNOWN``, packed as msgpack on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TypeGuard

import msgpack

Value = Any
Object = dict[str, Any]


class Unknown:
    """A value that only the apply will tell; there is one instance, ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "(known after apply)"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


UNKNOWN: Final = Unknown()
_UNKNOWN_EXTENSION = msgpack.ExtType(0, b"\0")


def known(value: Value) -> TypeGuard[Any]:
    """Neither null nor unknown."""
    return value is not None and value is not UNKNOWN


def wholly_known(value: Value) -> bool:
    """No unknown value anywhere inside."""
    if value is UNKNOWN:
        return False
    return all(wholly_known(item) for _, item in elements(value))


def elements(value: Value) -> Iterator[tuple[Any, Value]]:
    """(key or index, element) of a collection or object; nothing for anything else."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def load(dynamic: dict[str, Any] | None) -> Value:
    """A ``DynamicValue`` message -> value; None for an absent one."""
    dynamic = dynamic or {}
    if dynamic.get("msgpack"):
        return msgpack.unpackb(dynamic["msgpack"], ext_hook=lambda code, data: UNKNOWN, strict_map_key=False)
    return json.loads(dynamic["json"]) if dynamic.get("json") else None


def dump(value: Value) -> dict[str, Any]:
    """A value -> ``DynamicValue`` message."""
    return {"msgpack": msgpack.packb(value, default=_extension)}


def _extension(value: object) -> msgpack.ExtType:
    if value is UNKNOWN:
        return _UNKNOWN_EXTENSION
    raise TypeError(f"{type(value).__name__} is no Terraform value")
