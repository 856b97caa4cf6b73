"""Reading YAML as a tree with positions: values as YAML 1.2 has them, and nothing that surprises.

``no`` and ``on`` are text, ``010`` is text, no key is given twice; anchors, aliases and tags are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from sunbeam.core.manifest.findings import Finding, Findings
from sunbeam.core.manifest.reading import Unreadable, read_text
from sunbeam.core.manifest.tree import Origin, Scalar, Tree

CORE = "tag:yaml.org,2002:"
NULL = f"{CORE}null"
NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "false": False}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
BROKEN = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def read_document(file: Path, findings: Findings) -> Tree:
    """The file as a tree, as far as it can be read; what cannot is among ``findings``."""
    return parse(read_source(file, findings), str(file), findings)


def read_source(file: Path, findings: Findings) -> str:
    """The file's text; nothing, and why among ``findings``, if it cannot be read."""
    try:
        return read_text(file)
    except Unreadable as why:
        origin = Origin(str(file), why.line, why.column)
        findings.add(Finding(origin, f"the file cannot be read: {why}"))
        return ""


def parse(text: str, source: str, findings: Findings) -> Tree:
    """A YAML document as a tree.  A mistake in its syntax hides all that follows it."""
    nothing = Tree({}, Origin(source, 1, 1))
    try:
        root = _Composer(text, source, findings).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Origin(source, mark.line + 1, mark.column + 1) if mark else nothing.origin
        said = error.problem or error.context or ""
        whole = f"{error.context} {said}" if said.startswith("but ") else said
        findings.add(Finding(place, f"this is no YAML: {whole}"))
        return nothing
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line = before.count("\n") + 1
        column = error.position - before.rfind("\n")
        findings.add(Finding(Origin(source, line, column), f"this is no YAML: {error.reason}"))
        return nothing
    except RecursionError:
        findings.add(Finding(nothing.origin, "this is nested too deeply"))
        return nothing
    if root is None or (isinstance(root, yaml.ScalarNode) and root.value in NULLS):
        return nothing
    tree = _Reader(source, findings).tree(root)
    if not isinstance(tree.value, dict):
        findings.add(Finding(tree.origin, "a manifest is a mapping of keys to values"))
        return nothing
    return tree


class _Composer(yaml.SafeLoader):
    """Composes nodes without what surprises: anchors, aliases and tags are findings."""

    def __init__(self, text: str, source: str, findings: Findings) -> None:
        super().__init__(text)
        self._source = source
        self._findings = findings

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        marks = event.start_mark, event.end_mark
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self._refuse(event, "anchors and aliases are not supported")
            return yaml.ScalarNode(NULL, "", *marks)
        if event.anchor:
            self._refuse(event, "anchors and aliases are not supported")
            event.anchor = None
        if event.tag:
            self._refuse(event, f"the tag {event.tag.replace(CORE, '!!')} is not supported")
        return super().compose_node(parent, index)

    def _refuse(self, event: yaml.Event, why: str) -> None:
        self._findings.add(Finding(_origin(self._source, event), why))


class _Reader:
    def __init__(self, source: str, findings: Findings) -> None:
        self._source = source
        self._findings = findings

    def tree(self, node: yaml.Node, key: Origin | None = None) -> Tree:
        origin = _origin(self._source, node)
        if isinstance(node, yaml.MappingNode):
            return Tree(self._mapping(node), origin, key)
        if isinstance(node, yaml.SequenceNode):
            return Tree([self.tree(item) for item in node.value], origin, key)
        assert isinstance(node, yaml.ScalarNode)
        return Tree(self._scalar(node, origin), origin, key)

    def _scalar(self, node: yaml.ScalarNode, origin: Origin) -> Scalar:
        text = str(node.value)
        if node.style is not None:
            return text
        try:
            return plain_value(text)
        except ValueError:
            self._findings.add(Finding(origin, f"a number of {len(text)} digits is too long"))
            return None

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Tree]:
        pairs: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            place = _origin(self._source, key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._findings.add(Finding(place, "a key is a word"))
                continue
            key = key_node.value
            if key in pairs:
                first = pairs[key].key
                self._findings.add(
                    Finding(place, f"the key {key} is there already, in line {first.line if first else 0}")
                )
                continue
            pairs[key] = self.tree(value_node, place)
        return pairs


def _origin(source: str, found: yaml.Node | yaml.Event) -> Origin:
    mark = found.start_mark
    assert mark is not None
    return Origin(source, mark.line + 1, mark.column + 1)


def plain_value(text: str) -> Scalar:
    """What a word without quotes stands for.  Raises ValueError for a number longer than Python reads."""
    if text in NULLS:
        return None
    if text.lower() in BOOLEANS and text in (text.lower(), text.upper(), text.capitalize()):
        return BOOLEANS[text.lower()]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if BROKEN.fullmatch(text) else text
