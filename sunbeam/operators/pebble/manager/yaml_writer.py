"""Writes plans as YAML that people can read and every YAML parser reads the same way."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SAFE = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./=-]+)*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_SPECIAL = re.compile('[^\x20-\x7e]|["\\\\]')


def write_yaml(value: Any, indent: int = 0) -> str:
    """Block style; strings are quoted unless they cannot be taken for anything else."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{_scalar(key)}:{_member(member, indent)}" for key, member in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}-{_member(member, indent)}" for member in value)
    return f"{pad}{_scalar(value)}\n"


def _member(value: Any, indent: int) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + write_yaml(value, indent + 4)
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _SAFE.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else '"' + _SPECIAL.sub(_escape, value) + '"'
    if isinstance(value, float):
        return _float(value)
    return {dict: "{}", list: "[]", type(None): "null", bool: str(value).lower()}.get(type(value), str(value))


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in '"\\':
        return "\\" + character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _float(value: float) -> str:
    text = repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
