"""The recorded bootstrap as the log of a change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths

RECORDED = Path(__file__).parents[2] / "fakes" / "bootstrap.ndjson"
LINES = RECORDED.read_text().splitlines(keepends=True)


def write(paths: Paths, lines: int | None = None, change: int = 1) -> Path:
    """The first ``lines`` of the log, or all of it."""
    paths.change_logs.mkdir(parents=True, exist_ok=True)
    file = paths.change_logs / f"{change}.ndjson"
    file.write_text("".join(LINES[:lines]))
    return file


def append(file: Path, **event: Any) -> None:
    with file.open("a") as log:
        log.write(json.dumps({"schema": 1, "change": 1, "time": "2026-11-21T12:00:00.000Z", **event}) + "\n")


def until(type: str, task: str) -> int:
    """How many lines there are up to this event."""
    events = [json.loads(line) for line in LINES]
    return 1 + next(
        place for place, event in enumerate(events) if (event["type"], event.get("task")) == (type, task)
    )
