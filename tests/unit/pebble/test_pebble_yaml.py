import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sunbeam.operators.pebble.manager.yaml_reader import read_yaml, resolve
from sunbeam.operators.pebble.manager.yaml_text import Plain, YamlError
from sunbeam.operators.pebble.manager.yaml_writer import write_yaml

TEXTS = (
    st.text(max_size=30)
    | st.text(alphabet="ab: #-,[]{}'\"\n\t|>&*!%?@`\\0.1~", max_size=40)
    | st.text(alphabet="ab \n", max_size=300)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
BREAKS_OF_YAML_1_1 = re.compile("[\x85\u2028\u2029\ufeff]")


@settings(max_examples=400, deadline=None)
@given(
    VALUES,
    st.sampled_from([None, True, False]),
    st.sampled_from([None, '"', "'", "|", ">"]),
    st.booleans(),
    st.sampled_from([20, 80]),
    st.booleans(),
)
def test_whatever_pyyaml_writes_is_read(
    value: Any, flow: bool | None, style: str | None, unicode: bool, width: int, start: bool
) -> None:
    text = yaml.safe_dump(
        value,
        default_flow_style=flow,
        default_style=style,
        allow_unicode=unicode,
        width=width,
        explicit_start=start,
    )
    by_pyyaml = yaml.safe_load(text)
    if "!!" in text or by_pyyaml != value or (unicode and BREAKS_OF_YAML_1_1.search(text)):
        return  # tags, what PyYAML cannot read back, and line breaks that YAML 1.2 has no more
    assert resolve(read_yaml(text)) == value


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab: \n-#,[]{}'\"|>&*0", max_size=25))
def test_what_is_read_is_what_pyyaml_reads(text: str) -> None:
    try:
        value = resolve(read_yaml(text))
    except YamlError:
        return
    assert value == yaml.safe_load(text)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_what_is_written_is_read_by_both(value: Any) -> None:
    text = write_yaml(value)
    assert resolve(read_yaml(text)) == value
    assert yaml.safe_load(text) == value


BY_HAND = """\
# A layer as people write them
summary: >-
    Two lines
    in one

services:
    web:              # the front
        override: replace
        command: /bin/web --port=80 'a b' # comment
        environment: {A: "1", B: two words, 'C': "tab\\there"}
        after:
        - db
        - cache
        description: |
            first
              second

            third
    db:
        override: merge
        requires: [ web,
                    cache ]   # over two lines
        environment: &env
            URL: http://host:80/#part
            EMPTY:
    copy:
        environment: *env
        on-check-failure:
            up: restart
"""


def test_a_layer_written_by_hand() -> None:
    assert resolve(read_yaml(BY_HAND)) == yaml.safe_load(BY_HAND)
    assert resolve(read_yaml(BY_HAND.replace("\n", "\r\n"))) == yaml.safe_load(BY_HAND)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", "line 2: key 'a' occurs twice"),
        ("a: !!str 1", "tags are not supported"),
        ("<<: {a: 1}", "merge keys are not supported"),
        ("%YAML 1.2\n---\na", "directives are not supported"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("a:\n\tb: 1", "line 2: a tab cannot indent"),
        ("a: b: c", "line 1"),
        ("a: 'x", "the quote is not closed"),
        ('a: "\\q"', "unknown escape"),
        ("a: [1, 2", "line 1"),
        ("{,}", "a key is missing"),
        ("{a\n: 1}", "line 2: a key of several lines"),
        ("[:a]", "an empty item"),
        ("&a[]", "an anchor needs a name"),
        ("&a [&a b]", "two anchors are named 'a'"),
        ("&a - b", "cannot be here"),
        ("a: *nothing", "unknown anchor 'nothing'"),
        ("a: @x", "cannot start with '@'"),
        ("a:\n  b: 1\n c: 2", "line 3"),
        ("- a\nb: 1", "line 2"),
        ("a: \x01", "is not allowed"),
        ("a: |3x\n  b", "header of a block scalar"),
        ("[a: 1]", "line 1"),
    ],
)
def test_what_is_not_understood_is_an_error_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(YamlError, match=re.escape(problem)):
        read_yaml(text)


@pytest.mark.parametrize("text", ["2001-01-01", "12:30:45", "="])
def test_ambiguous_scalars_need_quotes_where_a_type_is_wanted(text: str) -> None:
    assert read_yaml(f"a: {text}") == {"a": text}
    with pytest.raises(YamlError, match="needs quotes"):
        resolve(read_yaml(f"a: {text}"))


def test_scalars_without_quotes_keep_their_text() -> None:
    value = read_yaml("a: 0644\nb: '0644'\nc: yes")
    assert value == {"a": "0644", "b": "0644", "c": "yes"}
    assert [isinstance(member, Plain) for member in value.values()] == [True, False, True]
