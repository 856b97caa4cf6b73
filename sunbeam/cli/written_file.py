"""A file that a command writes where a person says."""

from __future__ import annotations

import os
import shlex
from errno import EISDIR
from pathlib import Path
from typing import Literal

from sunbeam.core.errors import UsageError


def write_file(target: Path, text: str, mode: Literal["x", "w"]) -> None:
    """As UTF-8 in any locale; mode ``x`` replaces no file.  Raises UsageError if it cannot be written."""
    try:
        if target.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        with target.open(mode, encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
            except OSError:
                target.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise UsageError(
            "The file exists",
            where=str(target),
            why="a file of yours is not replaced",
            next_command=f"ls -l {shlex.quote(str(target))}",
            id="file-exists",
        ) from None
    except OSError as error:
        raise UsageError(
            "The file cannot be written",
            where=str(target),
            why=error.strerror or str(error),
            next_command=f"ls -ld {shlex.quote(str(target.parent))}",
            id="file-not-written",
        ) from None


def require_new(target: Path) -> None:
    """Raises UsageError, before there is anything to write, if ``target`` cannot become a new file."""
    write_file(target, "", "x")
    target.unlink()
