"""The newest change of this node, followed in its event log."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sunbeam.core.errors import SunbeamError
from sunbeam.core.event_log import change_log, parse_line
from sunbeam.core.events import Event
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.lock import holder, status_now
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus
from sunbeam.web.change_view import ChangeView

LISTED = 8
LONGEST_READ = 1 << 22


@dataclass(frozen=True)
class PastChange:
    """One line of the list of changes; ``error`` is the first line of it."""

    number: int
    title: str
    status: str
    meaning: str
    started: str
    finished: str
    error: str


class ChangeFeed:
    """Reads what was appended since the last look; shared by everyone who watches."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._view: ChangeView | None = None
        self._log = ChangeLog(paths.change_logs, 0)
        self._past: tuple[object, list[PastChange]] | None = None

    def newest(self) -> ChangeView | None:
        """The newest change that left a log, as far as it came; None if nothing was ever changed."""
        held = holder(self._paths.change_lock)
        number = _newest(self._paths.change_logs)
        if number != self._log.number or self._log.shrank():
            self._log = ChangeLog(self._paths.change_logs, number)
            self._view = ChangeView(number) if number else None
        if self._view is not None:
            for event in self._log.more():
                self._view.take(event)
            self._view.holder = held
        return self._view if self._view and self._view.begun else None

    def starting(self) -> bool:
        """Whether a change looks at the machine and has not begun yet."""
        newest = self.newest()
        return holder(self._paths.change_lock) is not None and not (newest and newest.running)

    def past(self) -> list[PastChange]:
        """The last changes, newest first.  Raises SunbeamError if the journal cannot be read.

        The journal is read only when a change began or ended since.
        """
        newest, held = self.newest(), holder(self._paths.change_lock)
        key = (newest.number, newest.status) if newest else (), held
        if self._past is None or self._past[0] != key:
            with Journal.reading(self._paths.journal) as journal:
                records = journal.changes()[:LISTED] if journal else []
            rows = [_past(record, status_now(record.status, record.id, held)) for record in records]
            self._past = key, rows
        return self._past[1]

    def stamp(self) -> str:
        """Changes whenever ``newest`` or ``starting`` may."""
        number = _newest(self._paths.change_logs)
        size = ChangeLog(self._paths.change_logs, number).size()
        held = holder(self._paths.change_lock)
        return json.dumps([number, size, asdict(held) if held else None])


class ChangeLog:
    """The log of one change, read line by line as it grows."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self._file = change_log(folder, number)
        self._offset = 0

    def size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0

    def shrank(self) -> bool:
        return self.size() < self._offset

    def more(self) -> list[Event]:
        """Events in lines that were completed since; a line that is no event of this version is left out."""
        if self.size() <= self._offset:
            return []
        with self._file.open("rb") as file:
            file.seek(self._offset)
            raw = file.read(LONGEST_READ)
        complete = raw[: raw.rfind(b"\n") + 1]
        self._offset += len(complete)
        return [event for line in complete.splitlines() if (event := parse_line(line)) is not None]


def _newest(folder: Path) -> int:
    """By time of the last write: undoing or retrying an old change continues its log."""
    try:
        logs = [file for file in folder.iterdir() if file.suffix == ".ndjson" and file.stem.isdigit()]
        return max((file.stat().st_mtime_ns, int(file.stem)) for file in logs)[1] if logs else 0
    except OSError:
        return 0


def _past(record: ChangeRecord, status: ChangeStatus) -> PastChange:
    return PastChange(
        record.id,
        record.title,
        status.value,
        status.meaning,
        record.started,
        record.finished,
        record.error.partition("\n")[0],
    )


def past_or_none(feed: ChangeFeed) -> list[PastChange]:
    try:
        return feed.past()
    except SunbeamError:
        return []
