"""The protobuf wire format, as much as the plugin protocol needs.

A message is described by ``{field number: (name, kind)}``.  A kind is ``"string"``, ``"bytes"``, ``"int"``,
``"bool"``, ``"choice"`` (an int of a oneof: zero is written too), a message description, ``[kind]`` for
repeated, or ``{"map": kind}`` for a map with string keys.
"""

from __future__ import annotations

from typing import Any

Kind = Any
Message = dict[int, tuple[str, Kind]]

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """The bytes are no message of the described shape."""


def encode(description: Message, message: dict[str, Any]) -> bytes:
    """Absent fields, None and zero scalars are left out; an empty sub-message is written."""
    out = bytearray()
    for number, (name, kind) in description.items():
        value = message.get(name)
        if value is None:
            continue
        if isinstance(kind, list):
            for item in value:
                _write(out, number, kind[0], item)
        elif isinstance(kind, dict) and "map" in kind:
            entry = _entry(kind)
            for key, item in value.items():
                _write(out, number, entry, {"key": key, "value": item})
        elif value or isinstance(kind, dict) or kind == "choice":
            _write(out, number, kind, value)
    return bytes(out)


def decode(description: Message, data: bytes) -> dict[str, Any]:
    """Fields unknown to us are skipped, as the protocol asks.  Raises WireError."""
    message: dict[str, Any] = {}
    position = 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        raw, position = _read_field(data, position, wire_type)
        if number not in description:
            continue
        name, kind = description[number]
        if isinstance(kind, list):
            message.setdefault(name, []).append(_value(kind[0], raw))
        elif isinstance(kind, dict) and "map" in kind:
            entry = decode(_entry(kind), raw)
            message.setdefault(name, {})[entry.get("key", "")] = entry.get("value")
        else:
            message[name] = _value(kind, raw)
    return message


def _entry(kind: Kind) -> Message:
    return {1: ("key", "string"), 2: ("value", kind["map"])}


def _write(out: bytearray, number: int, kind: Kind, value: Any) -> None:
    if kind in ("int", "bool", "choice"):
        _write_varint(out, number << 3 | VARINT)
        _write_varint(out, int(value) & (1 << 64) - 1)
        return
    if kind == "string":
        value = value.encode()
    elif kind != "bytes":
        value = encode(kind, value)
    _write_varint(out, number << 3 | LENGTH)
    _write_varint(out, len(value))
    out += value


def _write_varint(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise WireError("a number is cut off")
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7


def _read_field(data: bytes, position: int, wire_type: int) -> tuple[Any, int]:
    if wire_type == VARINT:
        return _read_varint(data, position)
    if wire_type == LENGTH:
        length, position = _read_varint(data, position)
    elif wire_type in (FIXED64, FIXED32):
        length = 8 if wire_type == FIXED64 else 4
    else:
        raise WireError(f"wire type {wire_type} is not used by the protocol")
    if position + length > len(data):
        raise WireError("a field is cut off")
    return data[position : position + length], position + length


def _value(kind: Kind, raw: Any) -> Any:
    if kind == "string":
        return raw.decode()
    if kind == "bool":
        return bool(raw)
    if kind in ("int", "choice"):
        return raw - (1 << 64) if raw >= 1 << 63 else raw
    return decode(kind, raw) if isinstance(kind, dict) else raw
