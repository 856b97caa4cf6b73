import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunbeam.operators.pebble.manager.times import (
    format_duration,
    format_time,
    now,
    parse_duration,
    parse_time,
)

UTC = datetime.UTC


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("100ms", 0.1),
        ("1h0m0.5s", 3600.5),
        ("0", 0),
        ("3µs", 3e-6),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "10", "s", "1 s", "-1s", "1d", "1s "])
def test_wrong_durations(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        parse_duration(text)


@given(st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000))
def test_durations_are_written_as_they_are_read(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds)


@given(st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_times(moment: datetime.datetime) -> None:
    stamp = (moment - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1) * 1000
    assert parse_time(moment.isoformat()) == stamp
    assert parse_time(format_time(stamp)) == stamp
    shifted = moment.astimezone(datetime.timezone(datetime.timedelta(hours=-3, minutes=-30)))
    assert parse_time(shifted.isoformat()) == stamp


def test_no_two_moments_are_the_same() -> None:
    stamps = [now() for _ in range(1000)]
    assert stamps == sorted(set(stamps))
    assert [format_time(stamp) for stamp in stamps] == sorted(format_time(stamp) for stamp in stamps)
