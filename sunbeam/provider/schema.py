"""The schema of resources and data sources, read from ``schema.json`` beside this file.

There an attribute has ``type``, ``mode`` (``required``, ``optional``, ``computed``, joined by blanks) and
maybe ``replace`` (``always`` or ``if_configured``), ``default``, ``sensitive``, ``write_only``,
``description``; a nested attribute (``set(object)``) and a block have ``attributes`` of their own.  Names,
types and versions are those of the official provider's 2.x series, plus ``local_charm`` of its main branch.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from sunbeam.provider.values import UNKNOWN, Value

NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


@dataclass(frozen=True)
class Node:
    """An attribute or block.  ``collection`` is list, set, map, single or empty for a primitive;
    ``element`` the element's primitive type, or ``object`` when there are ``children``."""

    name: str
    collection: str
    element: str
    is_block: bool = False
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    write_only: bool = False
    replace: str = ""
    default: Value = UNKNOWN
    description: str = ""
    least: int = 0
    most: int = 0
    children: dict[str, Node] = field(default_factory=dict)

    @property
    def has_default(self) -> bool:
        return self.default is not UNKNOWN

    def message(self) -> dict[str, Any]:
        """As ``Schema.Attribute`` or ``Schema.NestedBlock`` of the protocol."""
        if self.is_block:
            return {
                "type_name": self.name,
                "nesting": NESTING[self.collection],
                "block": block_message(self.children, self.description),
                "min_items": self.least,
                "max_items": self.most,
            }
        message: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "required": self.required,
            "optional": self.optional,
            "computed": self.computed,
            "sensitive": self.sensitive,
            "write_only": self.write_only,
        }
        if self.children:
            attributes = [child.message() for child in self.children.values()]
            message["nested_type"] = {"nesting": NESTING[self.collection], "attributes": attributes}
        else:
            kind = [self.collection, self.element] if self.collection else self.element
            message["type"] = json.dumps(kind).encode()
        return message


@dataclass(frozen=True)
class Schema:
    """A resource's or data source's nodes by name."""

    version: int
    description: str
    nodes: dict[str, Node]

    def message(self) -> dict[str, Any]:
        return {"version": self.version, "block": block_message(self.nodes, self.description)}

    def null(self) -> dict[str, Value]:
        """An object with every attribute null, blocks empty."""
        return {name: empty(node) for name, node in self.nodes.items()}


@dataclass(frozen=True)
class ProviderSchema:
    provider: Schema
    resources: dict[str, Schema]
    data_sources: dict[str, Schema]


@cache
def provider_schema() -> ProviderSchema:
    document = json.loads(files(__package__).joinpath("schema.json").read_text())
    return ProviderSchema(
        provider=_schema(document["provider"]),
        resources={name: _schema(raw) for name, raw in document["resources"].items()},
        data_sources={name: _schema(raw) for name, raw in document["data_sources"].items()},
    )


def block_message(nodes: dict[str, Node], description: str = "") -> dict[str, Any]:
    return {
        "attributes": [node.message() for node in nodes.values() if not node.is_block],
        "block_types": [node.message() for node in nodes.values() if node.is_block],
        "description": description,
    }


def empty(node: Node) -> Value:
    """How absence is written: an empty list for repeated blocks, null for everything else."""
    return [] if node.is_block and node.collection in ("list", "set") else None


def conform(nodes: dict[str, Node], state: dict[str, Value]) -> dict[str, Value]:
    """Every attribute present and no other: brings a state of another release into this schema."""
    return {name: _conform_value(node, state.get(name)) for name, node in nodes.items()}


def _conform_value(node: Node, value: Value) -> Value:
    if value is None:
        return empty(node)
    if not node.children or value is UNKNOWN:
        return value
    if node.collection == "single":
        return conform(node.children, value)
    if node.collection == "map":
        return {key: conform(node.children, item) for key, item in value.items()}
    return [conform(node.children, item) for item in value]


def _schema(raw: dict[str, Any]) -> Schema:
    return Schema(raw.get("version", 0), raw.get("description", ""), _nodes(raw))


def _nodes(raw: dict[str, Any]) -> dict[str, Node]:
    attributes = {name: _attribute(name, item) for name, item in raw.get("attributes", {}).items()}
    blocks = {name: _block(name, item) for name, item in raw.get("blocks", {}).items()}
    return {**attributes, **blocks}


def _attribute(name: str, raw: dict[str, Any]) -> Node:
    match = re.fullmatch(r"(?:(list|set|map)\()?(\w+)\)?", raw["type"])
    assert match is not None, f"{name} has the unreadable type {raw['type']}"
    modes = raw["mode"].split()
    return Node(
        name=name,
        collection=match[1] or "",
        element=match[2],
        required="required" in modes,
        optional="optional" in modes,
        computed="computed" in modes,
        sensitive=raw.get("sensitive", False),
        write_only=raw.get("write_only", False),
        replace=raw.get("replace", ""),
        default=raw.get("default", UNKNOWN),
        description=raw.get("description", ""),
        children=_nodes(raw),
    )


def _block(name: str, raw: dict[str, Any]) -> Node:
    return Node(
        name=name,
        collection=raw["nesting"],
        element="object",
        is_block=True,
        optional=True,
        replace=raw.get("replace", ""),
        least=raw.get("min", 0),
        most=raw.get("max", 0),
        description=raw.get("description", ""),
        children=_nodes(raw),
    )
