"""Manifests as YAML: plain, or with the meaning of each key and a schema that editors complete from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.schema import schema_file

WIDTH = 100
HEADER = "# yaml-language-server: $schema="


def schema_line() -> str:
    """The first line of a generated file: where an editor finds the schema."""
    return f"{HEADER}{schema_file()}\n"


def manifest_text(document: Mapping[str, Any]) -> str:
    """``document`` in the order of its keys."""
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=WIDTH)


def annotated_text(manifest: Manifest) -> str:
    """Every key with its value and its meaning; keys without a value are comments."""
    return schema_line() + "".join(f"{line}\n" for line in _lines(manifest, 0))


def _lines(part: BaseModel, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, field in type(part).model_fields.items():
        key, value = field.alias or name, getattr(part, name)
        if depth == 0:
            yield ""
        for line in textwrap.wrap(field.description or "", WIDTH - len(indent) - 2):
            yield f"{indent}# {line}"
        if value is None:
            yield f"{indent}# {key}:"
        elif isinstance(value, BaseModel) and type(value).model_fields:
            yield f"{indent}{key}:"
            yield from _lines(value, depth + 1)
        else:
            plain = manifest_text({key: part.model_dump(mode="json", exclude_none=True)[name]})
            yield from textwrap.indent(plain, indent).splitlines()
