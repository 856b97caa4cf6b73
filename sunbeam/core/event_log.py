"""The events of each change as JSON lines in a file of its own, for whoever asks later what happened."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from sunbeam.core.events import Event, parse_event

KEPT = 50
"""Logs of changes; older ones are removed."""


Opened = Callable[[int, Path, int], None]


class EventLog:
    """A listener that writes ``folder/NUMBER.ndjson``, readable by root only.

    ``opened`` is told the change's number, the file, and the offset from which it is written on.
    """

    def __init__(self, folder: Path, opened: Opened = lambda change, file, offset: None) -> None:
        self._folder = folder
        self._opened = opened
        self._file: TextIO | None = None

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, event: Event) -> None:
        if event.change and self._file is None:
            self._file = self._open(event.change)
        if event.change and self._file is not None:
            self._file.write(json.dumps(event.as_dict()) + "\n")

    def _open(self, change: int) -> TextIO:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in sorted(self._folder.glob("*.ndjson"), key=_number)[: -KEPT + 1]:
            old.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        path = change_log(self._folder, change)
        file = os.fdopen(os.open(path, flags, 0o600), "w", buffering=1)
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            file.write("\n")  # a line was cut off by a crash
        self._opened(change, path, path.stat().st_size)
        return file


def read_events(folder: Path, change: int) -> Iterator[dict[str, Any]]:
    """What happened during ``change``, oldest first; a line cut off by a crash is left out."""
    file = change_log(folder, change)
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def parse_line(line: str | bytes) -> Event | None:
    """The event of a line of a log or of ``--output json``; None for one that is no event of this version."""
    try:
        return parse_event(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None


def change_log(folder: Path, change: int) -> Path:
    return folder / f"{change}.ndjson"


def _number(file: Path) -> int:
    return int(file.stem) if file.stem.isdecimal() else 0
