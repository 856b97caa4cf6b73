from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sunbeam.juju.constraints import format_constraints, parse_constraints, size_in_mebibytes
from sunbeam.juju.errors import JujuError

WORD = some.from_regex(r"[a-z][a-z0-9./:-]{0,20}", fullmatch=True)


@given(
    some.fixed_dictionaries(
        {},
        optional={
            "cores": some.integers(1, 512),
            "mem": some.integers(1, 1 << 24),
            "image-id": WORD,
            "tags": some.lists(WORD, min_size=1, max_size=3),
            "allocate-public-ip": some.booleans(),
        },
    )
)
def test_text_and_value_are_two_forms_of_one_thing(value: dict[str, object]) -> None:
    assert parse_constraints(format_constraints(value)) == value


def test_sizes() -> None:
    assert [size_in_mebibytes(text) for text in ("512", "512M", "1.5G", "1T")] == [512, 512, 1536, 1 << 20]


@pytest.mark.parametrize("text", ["mem", "mem=lots", "cores=two", "colour=blue", "allocate-public-ip=maybe"])
def test_a_word_that_is_none_is_named(text: str) -> None:
    with pytest.raises(JujuError):
        parse_constraints(text)
