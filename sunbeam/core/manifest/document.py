"""Reading YAML as a tree with positions: values as YAML 1.2 has them, and nothing that surprises.

``no`` and ``on`` are text, ``010`` is text, no key is given twice; anchors and tags are refused.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from sunbeam.core.manifest.findings import Finding, Findings
from sunbeam.core.manifest.tree import Origin, Scalar, Tree

LARGEST = 1 << 20
"""Bytes: nobody writes a longer manifest."""
KINDS = ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
TAGS = {f"tag:yaml.org,2002:{kind}" for kind in KINDS}
"""What PyYAML takes untagged values for."""
NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "false": False}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
BROKEN = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def read_document(file: Path, findings: Findings) -> Tree:
    """The file as a tree, as far as it can be read; what cannot is among ``findings``."""
    empty = Tree({}, Origin(str(file), 1, 1))
    try:
        if file.stat().st_size > LARGEST:
            findings.add(Finding(empty.origin, f"the file is larger than {LARGEST >> 20} MiB"))
            return empty
        return parse(file.read_text("utf-8"), str(file), findings)
    except OSError as error:
        findings.add(Finding(empty.origin, f"the file cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        findings.add(Finding(empty.origin, f"the file is not UTF-8: byte {error.start} is {error.reason}"))
    return empty


def parse(text: str, source: str, findings: Findings) -> Tree:
    """A YAML document as a tree.  A mistake in its syntax hides all that follows it."""
    nothing = Tree({}, Origin(source, 1, 1))
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
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


class _Reader:
    def __init__(self, source: str, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._seen: set[int] = set()

    def tree(self, node: yaml.Node, key: Origin | None = None) -> Tree:
        origin = self._origin(node)
        if id(node) in self._seen:
            self._findings.add(Finding(key or origin, "anchors and aliases are not supported"))
            return Tree(None, origin, key)
        self._seen.add(id(node))
        if node.tag not in TAGS:
            self._findings.add(Finding(origin, f"the tag {node.tag} is not supported"))
        if isinstance(node, yaml.MappingNode):
            return Tree(self._mapping(node), origin, key)
        if isinstance(node, yaml.SequenceNode):
            return Tree([self.tree(item) for item in node.value], origin, key)
        assert isinstance(node, yaml.ScalarNode)
        return Tree(_scalar(node), origin, key)

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Tree]:
        pairs: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            place = self._origin(key_node)
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

    def _origin(self, node: yaml.Node) -> Origin:
        return Origin(self._source, node.start_mark.line + 1, node.start_mark.column + 1)


def _scalar(node: yaml.ScalarNode) -> Scalar:
    text = str(node.value)
    if node.style is not None or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in NULLS:
        return None
    if text.lower() in BOOLEANS and text in (text.lower(), text.upper(), text.capitalize()):
        return BOOLEANS[text.lower()]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if BROKEN.fullmatch(text) else text
