"""What the reference of manifests says, read from the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from sunbeam.cluster.answers import FIXED
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.references import ALLOWED
from sunbeam.core.manifest.schema import json_schema
from sunbeam.core.manifest.snap_openstack import APPLICATIONS, PLACES, REASONS
from sunbeam.core.manifest.software import DECIDED
from sunbeam.core.questions import DETECTED

EXTERNAL = {"cidr": "`range`", "gateway": "`gateway`", "range": "`first` and `last`", "nics": "`interface`"}
WORDS = {
    "IPv4Address": "IPv4 address",
    "IPv4Network": "IPv4 range",
    "str": "text",
    "int": "whole number",
    "bool": "true or false",
}


def schema_text() -> str:
    """The shipped ``manifest.schema.json``."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def key_rows() -> Iterator[list[str]]:
    """Key, what it holds, default, meaning."""
    yield from _rows(Manifest, "")


def _rows(model: type[BaseModel], above: str) -> Iterator[list[str]]:
    for name, field in model.model_fields.items():
        key = f"{above}{field.alias or name}"
        inner = _inner(field.annotation)
        if inner is not None:
            below = _below(key, get_origin(field.annotation))
            if get_origin(field.annotation) in (dict, tuple):
                yield [f"`{key}`", _kind(field.annotation), "", field.description or ""]
            yield from _rows(inner, below)
        else:
            default = "" if field.is_required() else _default(field.default)
            yield [f"`{key}`", _kind(field.annotation), default, field.description or ""]


def _below(key: str, container: Any) -> str:
    return f"{key}.NAME." if container is dict else f"{key}[]." if container is tuple else f"{key}."


def _inner(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind if kind.model_fields else None
    found = [_inner(each) for each in get_args(kind)]
    return next((each for each in found if each is not None), None)


def _kind(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is dict:
        return f"mapping of names to {_kind(arguments[1])}"
    if origin is tuple:
        return f"list of {_kind(arguments[0])}"
    if origin is not None and type(None) in arguments:
        return _kind(arguments[0])
    if hasattr(kind, "__metadata__"):
        return _kind(arguments[0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "mappings" if kind.model_fields else "mapping"
    if str(origin) == "typing.Literal":
        return " or ".join(f"`{each}`" for each in arguments)
    if arguments:
        *kinds, last = dict.fromkeys(_kind(each) for each in arguments)
        return f"{', '.join(kinds)} or {last}" if kinds else last
    return WORDS.get(getattr(kind, "__name__", ""), "number")


def _default(value: Any) -> str:
    if value in (None, "", (), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return f"`{', '.join(str(each) for each in value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def fixed_rows() -> Iterator[list[str]]:
    for key, why in FIXED.items():
        yield [f"`{key}`", f"{why[0].upper()}{why[1:]}."]
    yield ["`software.charms.NAME.storage`", "Disks are made once."]
    yield ["`nodes[].name`", "The node's part of the cluster store has this name."]


def decided_rows() -> Iterator[list[str]]:
    for (charm, option), key in DECIDED.items():
        yield [f"`{charm}`", f"`{option}`", f"`{key}`"]


def detected_rows() -> Iterator[list[str]]:
    for key, what in DETECTED.items():
        yield [f"`{key}`", f"{what[0].upper()}{what[1:]}."]


def reference_rows() -> Iterator[list[str]]:
    for key in ALLOWED:
        yield [f"`{key.replace('*', 'NAME')}`"]


def import_rows() -> Iterator[list[str]]:
    for theirs, ours in PLACES.items():
        yield [f"`{theirs}`", f"`{ours}`"]
    network = "core.config.external-networks.PHYSNET."
    for names, ours in (
        ("cidr", "range"),
        ("gateway", "gateway"),
        ("range", "first` and `last"),
        ("nics", "interface"),
    ):
        yield [f"`{network}{names}`", f"`{ours}` of `network.external`"]
    yield ["`core.config.user.nameservers`", "`demo.network.dns`"]
    for charm, application in APPLICATIONS.items():
        yield [
            f"`core.software.charms.{charm}`",
            f"`software.charms.{application}`: options and storage of the same name",
        ]
    for key, why in REASONS.items():
        yield [f"`{key}`", f"Not carried over: {why}."]
