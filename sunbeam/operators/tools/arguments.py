"""Arguments and output of hook tools, as Juju's commands take and print them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml


class ToolError(Exception):
    """A hook tool fails: its standard error is ``ERROR message``, its exit code ``code``."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(f"ERROR {message}")
        self.code = code


@dataclass(frozen=True)
class Arguments:
    """Parsed arguments; ``options`` has flags as bools and valued options as texts, by canonical name."""

    options: dict[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    stdin: str | None = None

    def text(self, option: str, default: str = "") -> str:
        return str(self.options.get(option, default))

    def flag(self, option: str) -> bool:
        return bool(self.options.get(option, False))

    def word(self, index: int, default: str = "") -> str:
        return self.words[index] if index < len(self.words) else default

    def render(self, value: Any) -> str:
        """``value`` in the wanted ``--format``: json, yaml or smart (plain texts, else YAML)."""
        wanted = self.text("format", "smart")
        if wanted == "json":
            return json.dumps(value) + "\n"
        if wanted == "yaml":
            return yaml.safe_dump(value, default_flow_style=False)
        if wanted != "smart":
            raise ToolError(f'invalid value "{wanted}" for option --format: unknown format', 2)
        if value is None or value == "":
            return ""
        if isinstance(value, str | bool | int | float):
            return f"{value}\n"
        return yaml.safe_dump(value, default_flow_style=False)


def parse(
    raw: Sequence[str], stdin: str | None, *, flags: str = "", options: str = "", formatted: bool = False
) -> Arguments:
    """Parse like Go's gnuflag: options before, between or after words, ``--`` ends them.

    ``flags`` and ``options`` are space-separated; ``r|relation`` accepts both spellings and stores the last.
    Raises ToolError for an unknown option or a missing value.
    """
    names = _spellings(flags)
    valued = _spellings(options + (" format output|o" if formatted else ""))
    parsed: dict[str, Any] = {}
    words: list[str] = []
    rest = list(raw)
    while rest:
        item = rest.pop(0)
        if item == "--":
            words += rest
            break
        if not item.startswith("-") or item == "-":
            words.append(item)
            continue
        name, equals, value = item.lstrip("-").partition("=")
        if name in names:
            parsed[names[name]] = value.lower() != "false" if equals else True
        elif name in valued:
            if not equals and not rest:
                raise ToolError(f"option needs an argument: {item}", 2)
            parsed[valued[name]] = value if equals else rest.pop(0)
        else:
            raise ToolError(f"option provided but not defined: {item}", 2)
    return Arguments(parsed, tuple(words), stdin)


def key_values(arguments: Arguments, words: Sequence[str]) -> dict[str, str]:
    """``key=value`` words, over the YAML or JSON map of ``--file -`` (null deletes, as ``key=`` does)."""
    values: dict[str, str] = {}
    if arguments.text("file"):
        loaded = _load_map(arguments.stdin or "")
        values = {str(key): "" if value is None else str(value) for key, value in loaded.items()}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ToolError(f'expected "key=value", got "{word}"', 2)
        values[key] = value
    return values


def _load_map(text: str) -> dict[Any, Any]:
    """YAML, of which ops sends mostly JSON: that is tried first, for it is far faster."""
    try:
        loaded = json.loads(text)
    except ValueError:
        try:
            loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
        except yaml.YAMLError as error:
            raise ToolError(f"cannot parse --file as YAML: {error}", 2) from error
    if not isinstance(loaded, dict):
        raise ToolError("expected a YAML map in --file", 2)
    return loaded


def _spellings(names: str) -> dict[str, str]:
    return {spelling: group.split("|")[-1] for group in names.split() for spelling in group.split("|")}
