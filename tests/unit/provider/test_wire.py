from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sunbeam.provider.values import UNKNOWN, dump, load
from sunbeam.provider.wire import Message, WireError, decode, encode

INNER: Message = {1: ("text", "string"), 2: ("number", "int")}
OUTER: Message = {
    1: ("name", "string"),
    2: ("raw", "bytes"),
    3: ("flag", "bool"),
    4: ("index", "choice"),
    5: ("inner", INNER),
    6: ("many", [INNER]),
    7: ("named", {"map": INNER}),
    20: ("count", "int"),
}
INNERS = some.fixed_dictionaries(
    {},
    optional={"text": some.text(min_size=1), "number": some.integers(-(1 << 63), (1 << 63) - 1).filter(bool)},
)


@given(
    some.fixed_dictionaries(
        {},
        optional={
            "name": some.text(min_size=1),
            "raw": some.binary(min_size=1),
            "flag": some.just(True),
            "index": some.integers(0, 1 << 40),
            "inner": INNERS,
            "many": some.lists(INNERS, min_size=1),
            "named": some.dictionaries(some.text(min_size=1), INNERS, min_size=1),
            "count": some.integers(1, 1 << 62),
        },
    )
)
def test_a_message_comes_back_as_it_went(message: dict[str, Any]) -> None:
    assert decode(OUTER, encode(OUTER, message)) == message


def test_zero_is_written_where_presence_counts() -> None:
    assert decode(OUTER, encode(OUTER, {"index": 0, "count": 0, "inner": {}})) == {"index": 0, "inner": {}}


def test_fields_of_a_newer_core_are_skipped() -> None:
    assert decode({1: ("name", "string")}, encode(OUTER, {"name": "a", "raw": b"b", "count": 7})) == {
        "name": "a"
    }


@given(some.binary(max_size=40))
def test_damaged_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        decode({1: ("number", "int"), 2: ("inner", {1: ("raw", "bytes")})}, data)
    except (WireError, TypeError):
        return


def test_a_cut_off_field_is_refused() -> None:
    with pytest.raises(WireError, match="cut off"):
        decode(OUTER, encode(OUTER, {"name": "keystone"})[:-1])


def test_unknown_values_keep_their_place() -> None:
    value = {"known": [1, "two", None], "later": UNKNOWN, "inside": {"deep": [UNKNOWN]}}
    assert load(dump(value)) == value
    assert load({}) is None
    assert load({"json": b'{"a": 1}'}) == {"a": 1}
