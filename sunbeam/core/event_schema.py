"""The JSON Schema of the lines of ``--output json`` and of a change's log, made from the events' classes."""

from __future__ import annotations

from sunbeam.core.events import KINDS, SCHEMA
from sunbeam.core.shapes import Json, object_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "An event of a Sunbeam change: one line of --output json"


def event_schema() -> Json:
    """One definition per type.  A type that is not named is one of a later version."""
    definitions = {
        name: object_schema(kind, {"schema": {"const": SCHEMA}, "type": {"const": name}})
        for name, kind in KINDS.items()
    }
    return {
        "$schema": DIALECT,
        "title": TITLE,
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions,
    }
