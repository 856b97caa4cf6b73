"""The JSON Schema of manifests: the model's own, with the charms, options and images that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sunbeam.core.manifest import software
from sunbeam.core.manifest.model import SIZE, Manifest
from sunbeam.core.shipped import PACKAGE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = "manifest.schema.json"
REFERENCE = {"type": "string", "pattern": r"\$\{(env|file):"}
JSON_TYPES = {"boolean": "boolean", "int": "integer", "float": "number", "string": "string"}


def schema_file() -> Path:
    """Where the shipped schema is: in the installed package, or in the checkout it runs from."""
    installed = PACKAGE / "shipped" / "schema" / FILE
    return installed if installed.exists() else PACKAGE.parent / "docs" / "reference" / FILE


def json_schema() -> dict[str, Any]:
    """What an editor needs to complete and check a file.

    A file may be one of several, so it needs no key; null takes back what an earlier one said.
    """
    schema = Manifest.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    del definitions["Charm"]
    properties = definitions["Software"]["properties"]
    properties["charms"] |= {"additionalProperties": False, "properties": _charms()}
    names = {name: properties["images"]["additionalProperties"] for name in sorted(software.images())}
    properties["images"] |= {"additionalProperties": False, "properties": names}
    for mapping in (schema, *definitions.values()):
        _as_layer(mapping, definitions)
    return {"$schema": DIALECT, **schema, "title": "Sunbeam manifest"}


def _charms() -> dict[str, Any]:
    return {name: _charm(name, facts) for name, facts in software.charms().items()}


def _charm(charm: str, facts: software.CharmFacts) -> dict[str, Any]:
    options = {
        name: _option(option)
        for name, option in facts.options.items()
        if (charm, name) not in software.DECIDED
    }
    size = {"type": ["string", "null"], "pattern": SIZE}
    parts = {
        "config": _mapping("Options of the charm; they can be changed later.", options),
        "units": {"type": ["integer", "null"], "enum": [1, None], "description": "Number of units."},
    }
    labels = {label: size for label in sorted(facts.storage)}
    parts["storage"] = _mapping("Size by storage label; it cannot be changed later.", labels)
    return _mapping("", parts)


def _option(option: Any) -> dict[str, Any]:
    kind = JSON_TYPES[option["type"]]
    either = [{"type": kind}] if kind == "string" else [{"type": kind}, REFERENCE]
    description = " ".join(str(option.get("description", "")).split())
    return {
        "anyOf": [*either, {"type": "null"}],
        "default": option.get("default"),
        "description": description,
    }


def _mapping(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    said = {"description": description} if description else {}
    return {"type": ["object", "null"], **said, "additionalProperties": False, "properties": properties}


def _as_layer(mapping: dict[str, Any], definitions: dict[str, Any]) -> None:
    mapping.pop("required", None)
    for name, each in mapping.get("properties", {}).items():
        each.pop("title", None)
        if isinstance(each.get("type"), str) and "enum" not in each and "const" not in each:
            each["type"] = [each["type"], "null"]
        if "$ref" in each:
            described = definitions[each["$ref"].rpartition("/")[2]]["description"]
            mapping["properties"][name] = {**_or_null(each["$ref"]), "description": described}
        elif isinstance(each.get("additionalProperties"), dict) and "$ref" in each["additionalProperties"]:
            each["additionalProperties"] = _or_null(each["additionalProperties"]["$ref"])


def _or_null(reference: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": reference}, {"type": "null"}]}
