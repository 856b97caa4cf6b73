"""Manifests as YAML: plain, or with the meaning of each key and a schema that editors complete from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.schema import schema_file
from sunbeam.core.manifest.tree import dotted

WIDTH = 100
HEADER = "# yaml-language-server: $schema="


def schema_line() -> str:
    """The first line of a generated file: where an editor finds the schema."""
    return f"{HEADER}{schema_file()}\n"


def manifest_text(document: Mapping[str, Any]) -> str:
    """``document`` in the order of its keys."""
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=WIDTH)


def annotated_text(manifest: Manifest, base: Manifest, left: Mapping[str, str] | None = None) -> str:
    """Every key with its value and its meaning; keys without a value are comments.

    So are those that are ``left`` to the machine, by dotted key with a note on the value.  Names that only
    ``base`` has are taken back, so that the file on top of it comes to ``manifest``.
    """
    lines = _lines(manifest, base.dump(), left or {}, ())
    return schema_line() + "".join(f"{line}\n" for line in lines)


def _lines(
    part: BaseModel, base: Mapping[str, Any], left: Mapping[str, str], above: tuple[str, ...]
) -> Iterator[str]:
    indent = "  " * len(above)
    for name, field in type(part).model_fields.items():
        key, value = field.alias or name, getattr(part, name)
        path = (*above, key)
        if not above:
            yield ""
        for line in textwrap.wrap(field.description or "", WIDTH - len(indent) - 2):
            yield f"{indent}# {line}"
        if value is None:
            yield f"{indent}# {key}:"
        elif isinstance(value, BaseModel) and type(value).model_fields:
            below = list(_lines(value, base.get(key, {}), left, path))
            says = any(not line.lstrip().startswith("#") for line in below)
            yield f"{indent}{key}:" if says else f"{indent}# {key}:"
            yield from below
        else:
            written = part.model_dump(mode="json", exclude_none=True)[name]
            plain = manifest_text({key: _taking_back(written, base.get(key))})
            if dotted(path) in left:
                plain = textwrap.indent(plain.rstrip(), "# ") + left[dotted(path)]
            yield from textwrap.indent(plain, indent).splitlines()


def _taking_back(value: Any, base: Any) -> Any:
    """A mapping with null for the names that only ``base`` has; none is needed for one that is empty."""
    if not (isinstance(value, dict) and value and isinstance(base, dict)):
        return value
    kept = {name: _taking_back(each, base.get(name)) for name, each in value.items()}
    return {**kept, **{name: None for name in base if name not in value}}
