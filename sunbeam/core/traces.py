"""What a change leaves on a machine before it changes anything: the lock, the journal, the log."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sunbeam.core.paths import Paths


class Traces:
    """Those that are not there when this is made, with their folders; none where there is a journal."""

    def __init__(self, paths: Paths) -> None:
        journal = [paths.journal.with_name(paths.journal.name + end) for end in ("", "-wal", "-shm")]
        files = [] if paths.journal.exists() else [paths.change_lock, paths.worker_log, *journal]
        found = {each for file in files for each in (file, *file.parents)}
        inside_first = sorted(found, key=lambda each: len(each.parts), reverse=True)
        self._absent = [each for each in inside_first if not each.exists()]

    def remove(self) -> None:
        """Call this while the lock is held.  A folder in which anything else is stays."""
        for each in self._absent:
            with suppress(OSError):
                _remove(each)


def _remove(path: Path) -> None:
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()
