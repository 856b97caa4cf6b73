"""Bringing older files to the schema of today."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sunbeam.core.manifest.document import parse, read_source
from sunbeam.core.manifest.effective import Effective, effective
from sunbeam.core.manifest.findings import Finding, Findings, ManifestErrors
from sunbeam.core.manifest.model import SCHEMA
from sunbeam.core.manifest.text import HEADER, manifest_text, schema_line
from sunbeam.core.manifest.tree import Origin, Tree, spelled

Notes = list[str]


@dataclass(frozen=True)
class Migrated:
    """``notes`` says what has no place in the schema of today."""

    text: str
    notes: tuple[str, ...]


def migrate(file: Path) -> Migrated:
    """The file as one of today's schema; its comments stay unless its keys have to move.

    Raises ManifestErrors if it cannot be read, is no YAML, is of no schema that this version knows, or if
    what comes of it has mistakes, other than references that stand for nothing here.
    """
    findings = Findings()
    text = read_source(file, findings)
    tree = parse(text, str(file), findings)
    findings.raise_if_any(shlex.join(["sensible-editor", str(file)]))
    version = _version(tree, findings)
    findings.raise_if_any("sunbeam version")
    notes: Notes = []
    if version == SCHEMA:
        _lint(file, lambda: effective([file], looking=True))
        said = text if "schema" in tree.plain() else _saying_schema(text, tree)
        named = "" if re.search(f"^{re.escape(HEADER)}", text, re.MULTILINE) else schema_line()
        return Migrated(named + said, ())
    document = tree.plain()
    while version < SCHEMA:
        document = MIGRATIONS[version](document, notes)
        version += 1
    _lint(file, lambda: effective(cloud=document))
    return Migrated(schema_line() + manifest_text(document), tuple(notes))


def _lint(file: Path, make: Callable[[], Effective]) -> None:
    """Raises ManifestErrors; of keys that had to move only the file is known."""
    try:
        make()
    except ManifestErrors as errors:
        found = errors.findings
        placed = [each if each.origin.line else replace(each, origin=Origin(str(file))) for each in found]
        raise ManifestErrors(placed, shlex.join(["sensible-editor", str(file)])) from None


def _version(tree: Tree, findings: Findings) -> int:
    """A file that says nothing is of schema 1, unless its keys are those of a node's settings."""
    document = tree.plain()
    said = document.get("schema")
    if said is None:
        return 0 if isinstance(document.get("external"), str) and "network" not in document else SCHEMA
    if said != SCHEMA or isinstance(said, bool):
        newer = isinstance(said, int) and said > SCHEMA
        wrong = f"schema {said} is newer than this version of Sunbeam, which knows {SCHEMA}"
        place = tree.below("schema") or tree
        findings.add(
            Finding(place.origin, wrong if newer else f"schema must be {SCHEMA}, not {spelled(said)}")
        )
    return SCHEMA


def _saying_schema(text: str, tree: Tree) -> str:
    """``text`` with the key ``schema`` in front of the other keys of ``tree``, whatever comes before them."""
    said = f"schema: {SCHEMA}"
    if not tree.value:
        comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
        return "".join(f"{line}\n" for line in (*comments, said))
    lines = text.splitlines(keepends=True)
    line, column = tree.origin.line - 1, tree.origin.column - 1
    before, keys = lines[line][:column], lines[line][column:]
    flow = keys.startswith("{")
    lines[line] = before + (f"{{{said}, {keys[1:]}" if flow else f"{said}\n{before}{keys}")
    return "".join(lines)


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
