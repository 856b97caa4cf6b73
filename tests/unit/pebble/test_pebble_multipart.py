from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunbeam.operators.pebble.manager.errors import ApiError
from sunbeam.operators.pebble.manager.multipart import Multipart, Part, parse_parameters

BOUNDARY = "0123456789abcdef"
NEAR_BOUNDARIES = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"--", b"\r\n--", BOUNDARY.encode(), BOUNDARY[:8].encode(), b"x", b"\r\n--0123"]
    ),
    max_size=12,
).map(b"".join)
CONTENTS = (st.binary(max_size=60) | NEAR_BOUNDARIES).filter(
    lambda data: f"--{BOUNDARY}".encode() not in data
)


def body(parts: Iterable[tuple[str, bytes]]) -> bytes:
    text = b""
    for filename, content in parts:
        disposition = f'Content-Disposition: form-data; name="files"; filename="{filename}"'
        text += f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode() + content + b"\r\n"
    return text + f"--{BOUNDARY}--\r\n".encode()


def parse(pieces: Iterable[bytes]) -> tuple[list[tuple[str, bytes]], bool]:
    multipart, parts = Multipart(BOUNDARY), list[tuple[str, bytes]]()
    ended = 0
    for piece in pieces:
        for event in multipart.feed(piece):
            if isinstance(event, Part):
                parts.append((event.filename, b""))
            elif event is None:
                ended += 1
            else:
                parts[-1] = (parts[-1][0], parts[-1][1] + event)
    assert ended == len(parts) or not multipart.complete
    return parts, multipart.complete


@settings(max_examples=300)
@given(st.lists(CONTENTS, min_size=1, max_size=4), st.data())
def test_contents_survive_any_way_of_arriving(contents: list[bytes], data: st.DataObject) -> None:
    parts = [(f"/file{number}", content) for number, content in enumerate(contents)]
    text = body(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert parse(pieces) == (parts, True)


@given(st.integers(1, 7))
def test_a_body_that_ends_early_is_not_complete(missing: int) -> None:
    text = body([("/a", b"content")])[:-2]
    assert parse([text[:-missing]])[1] is False


def test_content_is_passed_on_before_the_part_ends() -> None:
    multipart = Multipart(BOUNDARY)
    head = body([("/a", b"")]).split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    events = list(multipart.feed(head + b"x" * 100_000))
    assert isinstance(events[0], Part)
    assert sum(len(event) for event in events if isinstance(event, bytes)) > 99_000


def test_a_head_without_end_is_refused() -> None:
    with pytest.raises(ApiError, match="too long"):
        list(Multipart(BOUNDARY).feed(f"--{BOUNDARY}\r\n".encode() + b"x" * 100_000))


def test_parameters_of_headers() -> None:
    assert parse_parameters(' form-data; name="files"; filename="/a \\"b\\"; c"') == {
        "name": "files",
        "filename": '/a "b"; c',
    }
    assert parse_parameters("multipart/form-data; boundary=abc-1") == {"boundary": "abc-1"}
