"""The words of a Python traceback that a person needs: where it broke, and the exception."""

from __future__ import annotations

import re

FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+), in (\S+)')
LIBRARY = re.compile(r"^<|/usr/lib/|/lib/python3|/(site|dist)-packages/|/executors/|/lib/sunbeam_charm/")
INDENTED = ("  ", "\t")
MARKS = re.compile(r"^[\s~^]*$")
LONGEST = 4


def last_words(output: str) -> str:
    """The charm's or program's own last frame, its source line, and the exception with its message.

    Output without a traceback gives its last lines.
    """
    lines = [line for line in output.splitlines() if line.strip() and not MARKS.match(line)]
    starts = [
        place for place, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")
    ]
    if not starts:
        return "\n".join(line.strip() for line in lines[-LONGEST:])
    body = lines[starts[-1] + 1 :]
    end = next((place for place, line in enumerate(body) if not line.startswith(INDENTED)), len(body))
    exception = [line.strip() for line in body[end : end + LONGEST]]
    frames = [place for place in range(end) if FRAME.match(body[place])]
    own = [place for place in frames if not LIBRARY.search(FRAME.match(body[place])[1])]  # type: ignore[index]
    for place in (own or frames)[-1:]:
        file, number, function = FRAME.match(body[place]).groups()  # type: ignore[union-attr]
        source = body[place + 1].strip() if place + 1 < end and not FRAME.match(body[place + 1]) else ""
        where = f"{_short(file)}:{number} in {function}"
        return "\n".join([*exception, f"{where}: {source}" if source else where])
    return "\n".join(exception)


def _short(file: str) -> str:
    """The last two parts are what a person looks for."""
    return "/".join(file.split("/")[-2:])
