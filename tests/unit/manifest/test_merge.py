from __future__ import annotations

from typing import Any

import pytest

from sunbeam.core.manifest.document import parse
from sunbeam.core.manifest.findings import Findings
from sunbeam.core.manifest.tree import Origin, Tree, merge


def merged(*texts: str) -> Any:
    result = Tree({}, Origin("start"))
    for number, text in enumerate(texts):
        result = merge(result, parse(text, f"file-{number}", Findings()))
    return result.plain()


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("a: {b: 1}", "a: {c: 2}", {"a": {"b": 1, "c": 2}}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: true", "a: false", {"a": False}),
        ("a: 5", "a: 0", {"a": 0}),
        ("a: text", 'a: ""', {"a": ""}),
        ("a: [1]", "a: []", {"a": []}),
        ("a: {b: 1}", "a: {}", {"a": {}}),
        ("a: {b: 1, c: 2}", "a: {b: null}", {"a": {"c": 2}}),
        ("a: 1", "a:", {}),
        ("a: {b: 1}", "a: 7", {"a": 7}),
        ("a: 7", "a: {b: {c: 1, d: }}", {"a": {"b": {"c": 1}}}),
        ("a: 1", "", {"a": 1}),
        ("nodes: [{name: x, roles: [control]}]", "nodes: [{name: x, a: 1}, {name: y}]",
         {"nodes": [{"name": "x", "roles": ["control"], "a": 1}, {"name": "y"}]}),
        ("nodes: [{name: x}]", "nodes: []", {"nodes": []}),
        ("nodes: [{name: x}]", "nodes: [{a: 1}]", {"nodes": [{"name": "x", "a": 1}]}),
        ("nodes: [{a: 1}]", "nodes: [{name: x}, {a: 2}]", {"nodes": [{"a": 1, "name": "x"}, {"a": 2}]}),
    ],
)  # fmt: skip
def test_how_a_later_file_overrides(first: str, second: str, result: object) -> None:
    assert merged(first, second) == result


def test_a_value_keeps_the_place_of_the_file_that_won() -> None:
    base = parse("a: {b: 1, c: 2}", "one", Findings())
    tree = merge(base, parse("a:\n  c: 3", "two", Findings()))
    origins = {path[-1]: str(leaf.origin) for path, leaf in tree.leaves()}
    assert origins == {"b": "one:1:8", "c": "two:2:6"}
