"""The effective manifest: every layer merged, every value with where it came from, or all that is wrong."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sunbeam.core.manifest.document import read_document
from sunbeam.core.manifest.findings import Finding, Findings
from sunbeam.core.manifest.layer import layer_findings
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.plans import layers, meant
from sunbeam.core.manifest.references import absolute
from sunbeam.core.manifest.rules import broken_rules
from sunbeam.core.manifest.shape import shape_findings, typed_value
from sunbeam.core.manifest.tree import ANSWER, CLOUD, DEFAULT, DETECTED, Origin, Step, Tree, dotted, merge

DECLARED = {"schema", "software", "demo", "features"}
"""Keys that say nothing about a machine: what no file says of them any more is taken back."""


@dataclass(frozen=True)
class Effective:
    """``origins``: where each value came from, by its dotted key; ``values`` are in the same order.

    ``unresolved``: references that stand for nothing here, of who only looks.
    """

    manifest: Manifest
    origins: Mapping[str, Origin]
    values: Mapping[str, Any]
    unresolved: tuple[Finding, ...] = ()

    def origin(self, key: str) -> Origin | None:
        """Where the value of ``key`` came from, of a list its first one; None if there is no value."""
        return self.origins.get(key) or self.origins.get(f"{key}[1]")


def effective(
    files: Sequence[Path] = (),
    answers: Mapping[str, Any] | None = None,
    *,
    detected: Mapping[str, Any] | None = None,
    cloud: Mapping[str, Any] | None = None,
    looking: bool = False,
) -> Effective:
    """Defaults < detected < shipped plan < what the cloud has < files in their order < answers.

    A file that does not exist but is named like a shipped plan (``edge``) is that plan, and replaces the
    default one.  ``answers`` and ``detected`` are by dotted key.  ``cloud`` is the dumped manifest of an
    existing cloud: files replace what it says of software and demo, the rest stays unless they speak of it;
    its secrets are needed when they are used, not to look at it.  Who is only ``looking`` needs no secret.
    Nothing is written.  Raises ManifestErrors with every mistake of all files and answers.
    """
    plan, own = layers(files)
    findings, unresolved = Findings(), Findings()
    whole = bool(cloud) and not files
    merged = Tree({} if whole else Tree.of(Manifest().dump(), DEFAULT).value, DEFAULT)
    said = [
        _nested(detected or {}, DETECTED),
        *(_read(file, findings) for file in plan if not whole),
        _kept(cloud or {}, files),
        *(_read(file, findings) for file in own),
        _nested(answers or {}, ANSWER),
    ]
    for layer in said:
        _check_shape(layer, findings, whole=False)
        if layer.origin != CLOUD:
            for found in layer_findings(layer):
                (unresolved if looking and found.unresolved else findings).add(found)
        merged = merge(merged, layer)
    manifest, wrong = _valid_part(merged, findings)
    for broken in broken_rules(manifest, wrong):
        path = _said(merged, [broken.path, *(tuple(key.split(".")) for key in broken.reads)])
        findings.add(Finding(merged.deepest(path)[1].origin, broken.text, path))
    findings.raise_if_any(_next_command(files))
    shown = merge(Tree.of(manifest.dump(), DEFAULT), merged)
    leaves = [(dotted(path), leaf) for path, leaf in shown.leaves()]
    return Effective(
        manifest,
        {key: leaf.origin for key, leaf in leaves},
        {key: leaf.plain() for key, leaf in leaves},
        tuple(unresolved),
    )


def _read(file: Path, findings: Findings) -> Tree:
    if plan := meant(file):
        nothing = Tree({}, Origin(str(file), 1, 1))
        findings.add(Finding(nothing.origin, f"there is no such file; did you mean the plan {plan}?"))
        return nothing
    return absolute(read_document(file, findings), file.parent)


def _next_command(files: Sequence[Path]) -> str:
    """The same with the plans that were meant; a file that is not there has to be found first."""
    named = [(file, meant(file)) for file in layers(files)[1]]
    lost = next((file for file, plan in named if not plan and not file.exists()), None)
    if lost is not None:
        return shlex.join(["ls", str(lost.parent)])
    words = [dict(named).get(file) or str(file) for file in files]
    return shlex.join(["sunbeam", "manifest", "lint", *words]) if words else "sunbeam manifest schema"


def _said(merged: Tree, paths: Sequence[tuple[Step, ...]]) -> tuple[Step, ...]:
    """The first of ``paths`` that a person or a plan spoke of."""
    spoken = [path for path in paths if merged.deepest(path)[1].origin not in (DEFAULT, DETECTED)]
    return (spoken or paths)[0]


def _kept(cloud: Mapping[str, Any], files: Sequence[Path]) -> Tree:
    """All of the cloud's manifest, or with files only what they need not repeat."""
    return Tree.of({key: part for key, part in cloud.items() if not (files and key in DECLARED)}, CLOUD)


def _nested(pairs: Mapping[str, Any], origin: Origin) -> Tree:
    """A tree of values by dotted key; text is what a person typed for the key, nothing is no value."""
    nested: dict[str, Any] = {}
    for key, value in pairs.items():
        *above, last = path = key.split(".")
        part = nested
        for step in above:
            part = part.setdefault(step, {})
        part[last] = typed_value(path, value) if isinstance(value, str) else value
    return Tree.of(nested, origin)


def _check_shape(layer: Tree, findings: Findings, *, whole: bool) -> list[tuple[Step, ...]]:
    """Adds what is wrong with the layer alone; returns the paths of it."""
    try:
        Manifest.model_validate(layer.plain())
    except ValidationError as error:
        wrong = []
        for finding in shape_findings(layer, error, whole=whole):
            findings.add(finding)
            wrong.append(finding.path)
        return wrong
    return []


def _valid_part(merged: Tree, findings: Findings) -> tuple[Manifest, list[tuple[Step, ...]]]:
    """The manifest without what is wrong by itself, so that rules can judge the rest; and what is wrong."""
    wrong: list[tuple[Step, ...]] = []
    while paths := _check_shape(merged, findings, whole=True):
        wrong += paths
        findings = Findings()  # what is wrong from now on is a consequence
        for found in {merged.deepest(path)[0] for path in paths}:
            merged = merged.without(found)
    return Manifest.model_validate(merged.plain()), wrong
