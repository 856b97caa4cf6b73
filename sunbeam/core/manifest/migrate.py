"""Bringing older files to the schema of today."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunbeam.core.manifest.document import parse
from sunbeam.core.manifest.findings import Finding, Findings
from sunbeam.core.manifest.model import SCHEMA
from sunbeam.core.manifest.text import HEADER, manifest_text, schema_line
from sunbeam.core.manifest.tree import Tree

Notes = list[str]


@dataclass(frozen=True)
class Migrated:
    """``notes`` says what has no place in the schema of today."""

    text: str
    notes: tuple[str, ...]


def migrate(file: Path) -> Migrated:
    """The file as one of today's schema; its comments stay unless its keys have to move.

    Raises ManifestErrors if it is no YAML or newer than this version, OSError.
    """
    text = file.read_text()
    findings = Findings()
    tree = parse(text, str(file), findings)
    version = _version(tree)
    if version > SCHEMA:
        place = tree.below("schema") or tree
        newer = f"schema {version} is newer than this version of Sunbeam, which knows {SCHEMA}"
        findings.add(Finding(place.origin, newer))
    findings.raise_if_any("sunbeam version")
    notes: Notes = []
    if version == SCHEMA:
        said = "" if "schema" in tree.plain() else f"schema: {SCHEMA}\n"
        named = "" if re.search(f"^{re.escape(HEADER)}", text, re.MULTILINE) else schema_line()
        return Migrated(named + said + text, ())
    document = tree.plain()
    while version < SCHEMA:
        document = MIGRATIONS[version](document, notes)
        version += 1
    return Migrated(schema_line() + manifest_text(document), tuple(notes))


def _version(tree: Tree) -> int:
    """A file that says nothing is of schema 1, unless its keys are those of a node's settings."""
    document = tree.plain()
    said = document.get("schema")
    if isinstance(said, int):
        return said
    return 0 if isinstance(document.get("external"), str) and "network" not in document else 1


def _from_settings(document: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """Settings of a node (``node.json``), as they were before there were manifests."""
    network: dict[str, Any] = {}
    for key in ("address", "pods"):
        if key in document:
            network[key] = document[key]
    network["external"] = {"range": document["external"]}
    moved: dict[str, Any] = {"schema": 1, "network": network}
    if "name" in document:
        moved["nodes"] = [{"name": document["name"]}]
    for key in document.keys() - {"name", "address", "pods", "external"}:
        notes.append(f"{key}: stays in the settings of the node")
    return moved


MIGRATIONS: dict[int, Callable[[Mapping[str, Any], Notes], dict[str, Any]]] = {0: _from_settings}
"""From which schema each leads to the next one."""
