"""What libraries and Sunbeam log while a change runs: to a file, without secrets."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from sunbeam.core.redaction import Redactor

FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
LARGEST = 5_000_000


class RedactingFormatter(logging.Formatter):
    """Takes secrets out of messages and of tracebacks."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(FORMAT)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(super().format(record))


@contextmanager
def log_to(path: Path, redactor: Redactor) -> Iterator[None]:
    """Log to ``path`` (readable by root only), of libraries only warnings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    handler = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=1)
    handler.setFormatter(RedactingFormatter(redactor))
    root, ours = logging.getLogger(), logging.getLogger("sunbeam")
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


class RedactedLines(io.TextIOBase):
    """Writes whole lines to a file, without secrets."""

    def __init__(self, file: TextIO, redactor: Redactor) -> None:
        self._file = file
        self._redactor = redactor
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._file.write(self._redactor.redact(line) + "\n")
        return len(text)


def print_to(path: Path, redactor: Redactor) -> None:
    """From now on what libraries print as errors goes to the log; also the interpreter's last words."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", 1, "utf-8")
    os.dup2(file.fileno(), 2)
    sys.stderr = RedactedLines(file, redactor)
