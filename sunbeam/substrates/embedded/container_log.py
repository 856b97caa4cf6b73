"""What containers print, as podman's k8s-file driver keeps it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FRACTION = re.compile(r"(\.\d{6})\d*")
RECORD = re.compile(r"^(\S+) (?:stdout|stderr) [FP] ?(.*)$")
STYLE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""A control sequence such as a colour (ECMA-48, 5.4)."""
ERROR = re.compile(r"error|exception|fatal|cannot|failed|no space|denied", re.IGNORECASE)
TAIL_BYTES = 128 << 10


@dataclass(frozen=True)
class LogLine:
    time: datetime
    text: str


def last_lines(path: Path) -> list[LogLine]:
    """The lines at its end, without colours.  Raises OSError."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - TAIL_BYTES))
        raw = file.read().decode(errors="replace").splitlines()
    found = []
    for line in raw[1:] if length > TAIL_BYTES else raw:
        if record := RECORD.match(line):
            moment = datetime.fromisoformat(FRACTION.sub(r"\1", record[1]))
            found.append(LogLine(moment, STYLE.sub("", record[2])))
    return found


def last_errors(lines: list[str], count: int = 2) -> list[str]:
    """The last lines that tell an error; without any the last lines."""
    told = [line for line in lines if ERROR.search(line)]
    return (told or lines)[-count:]
