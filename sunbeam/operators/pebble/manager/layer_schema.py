"""Which keys a layer may have, of which type, and what the combined plan must fulfil."""

from __future__ import annotations

import re

from .times import parse_duration
from .yaml_reader import resolve
from .yaml_text import Plain, YamlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Convert = Callable[[Any], Any]

SECTIONS = ("services", "checks", "log-targets")
_EXIT_ACTIONS = ("restart", "ignore", "shutdown", "success-shutdown", "failure-shutdown")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")


class LayerError(Exception):
    """A layer or the combined plan is wrong; says where."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return "" if isinstance(value, Plain) and resolve(value) is None else str(value)


def _one_of(*words: str) -> Convert:
    def convert(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be {' or '.join(words)}, not {value!r}")
        return str(value)

    return convert


def _duration(value: Any) -> str:
    text = _text(value)
    parse_duration(text)
    return text


def _integer(value: Any) -> int:
    number = resolve(value)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"must be an integer, not {value!r}")
    return number


def _number(value: Any) -> int | float:
    number = resolve(value)
    if not isinstance(number, (int, float)) or isinstance(number, bool):
        raise ValueError(f"must be a number, not {value!r}")
    return number


def _map_of(convert: Convert) -> Convert:
    def convert_map(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("must be a map")
        return {str(key): convert(member) for key, member in value.items()}

    return convert_map


def _list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return [_text(member) for member in value]


def _object(fields: dict[str, Convert]) -> Convert:
    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("must be a map")
        converted = {}
        for key, member in value.items():
            if key not in fields:
                raise ValueError(f'unknown key "{key}"')
            if isinstance(member, Plain) and resolve_or_text(member) is None:
                continue
            try:
                converted[str(key)] = fields[key](member)
            except (ValueError, YamlError) as error:
                raise ValueError(f'"{key}" {error}') from error
        return converted

    return convert


def resolve_or_text(value: Plain) -> Any:
    """Like ``resolve``, for a scalar that may be any text."""
    try:
        return resolve(value)
    except YamlError:
        return str(value)


_OWNER: dict[str, Convert] = {"user": _text, "user-id": _integer, "group": _text, "group-id": _integer}
_COMMON: dict[str, Convert] = {
    "override": _one_of("merge", "replace"),
    "startup": _one_of("enabled", "disabled"),
}
_SERVICE = {
    **_COMMON,
    **_OWNER,
    **{key: _text for key in ("summary", "description", "command", "working-dir")},
    **{key: _list for key in ("after", "before", "requires")},
    **{key: _duration for key in ("backoff-delay", "backoff-limit", "kill-delay")},
    "environment": _map_of(_text),
    "on-success": _one_of(*_EXIT_ACTIONS),
    "on-failure": _one_of(*_EXIT_ACTIONS),
    "on-check-failure": _map_of(_one_of("restart", "ignore", "shutdown", "success-shutdown")),
    "backoff-factor": _number,
}
_CHECK = {
    **_COMMON,
    "level": _one_of("alive", "ready"),
    "period": _duration,
    "timeout": _duration,
    "threshold": _integer,
    "http": _object({"url": _text, "headers": _map_of(_text)}),
    "tcp": _object({"port": _integer, "host": _text}),
    "exec": _object(
        {
            **_OWNER,
            "command": _text,
            "service-context": _text,
            "environment": _map_of(_text),
            "working-dir": _text,
        }
    ),
}
_LOG_TARGET = {
    "override": _one_of("merge", "replace"),
    "type": _text,
    "location": _text,
    "services": _list,
    "labels": _map_of(_text),
}
_ENTRIES = {"services": _object(_SERVICE), "checks": _object(_CHECK), "log-targets": _object(_LOG_TARGET)}


def convert_layer(label: str, value: Any) -> dict[str, Any]:
    """The layer with each value in its type.  Raises LayerError, YamlError."""
    if isinstance(value, Plain) and resolve_or_text(value) is None:
        return {}
    if not isinstance(value, dict):
        raise LayerError("a layer must be a map")
    content: dict[str, Any] = {}
    for key, entries in value.items():
        if key in ("summary", "description"):
            content[str(key)] = _text(entries)
        elif key not in SECTIONS:
            raise LayerError(f'unknown section "{key}"')
        elif not isinstance(entries, Plain):
            content[str(key)] = _convert_entries(label, str(key), entries)
    return content


def _convert_entries(label: str, section: str, entries: Any) -> dict[str, Any]:
    kind = section[:-1].replace("-", " ")
    if not isinstance(entries, dict):
        raise LayerError(f'section "{section}" must be a map')
    converted = {}
    for name, entry in entries.items():
        if not _NAME.fullmatch(name):
            raise LayerError(f"{kind} name {str(name)!r} is not valid")
        try:
            converted[str(name)] = _ENTRIES[section](entry)
        except (ValueError, YamlError) as error:
            raise LayerError(f'{kind} "{name}": {error}') from error
        if "override" not in converted[str(name)]:
            raise LayerError(f'layer "{label}" must define "override" for {kind} "{name}"')
    return converted


def check_plan(sections: dict[str, Any]) -> None:
    """Raises LayerError with the first thing the combined plan lacks."""
    for name, service in sections["services"].items():
        if not service.get("command"):
            raise LayerError(f'plan must define "command" for service "{name}"')
        if service.get("backoff-factor", 2) < 1:
            raise LayerError(f'plan service "{name}" must have "backoff-factor" of 1.0 or more')
        try:
            parse_command(service["command"])
        except ValueError as error:
            raise LayerError(f'plan service "{name}" command invalid: {error}') from error
    for name, check in sections["checks"].items():
        _check_check(name, check)


def _check_check(name: str, check: dict[str, Any]) -> None:
    kinds = [kind for kind in ("http", "tcp", "exec") if kind in check]
    if len(kinds) != 1:
        raise LayerError(f'plan must specify one of "http", "tcp", or "exec" for check "{name}"')
    required = {"http": "url", "tcp": "port", "exec": "command"}[kinds[0]]
    if not check[kinds[0]].get(required):
        raise LayerError(f'plan must set "{required}" for {kinds[0]} check "{name}"')
    for key in ("period", "timeout"):
        if key in check and not parse_duration(check[key]):
            raise LayerError(f'plan check "{name}" {key} must not be zero')
    if check.get("threshold", 3) < 1:
        raise LayerError(f'plan check "{name}" threshold must be 1 or more')


def parse_command(command: str) -> list[str]:
    """Arguments of a service's command, those in ``[ ... ]`` at its end included.  Raises ValueError."""
    import shlex

    arguments = shlex.split(command)
    if "[" in arguments:
        at = arguments.index("[")
        if at == 0 or arguments[-1] != "]" or "[" in arguments[at + 1 :]:
            raise ValueError("cannot use [ ... ] group other than at the end")
        arguments = arguments[:at] + arguments[at + 1 : -1]
    elif "]" in arguments:
        raise ValueError("cannot have ] without [")
    if not arguments:
        raise ValueError("cannot be empty")
    return arguments
