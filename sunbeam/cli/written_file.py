"""A file that a command writes where a person says."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sunbeam.core.errors import UsageError


def write_file(target: Path, text: str, mode: Literal["x", "w"]) -> None:
    """Mode ``x`` replaces no file.  Raises UsageError if it cannot be written."""
    try:
        with target.open(mode) as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            "The file exists",
            where=str(target),
            why="a file of yours is not replaced",
            next_command="ls -l",
            id="file-exists",
        ) from None
    except OSError as error:
        raise UsageError(
            "The file cannot be written",
            where=str(target),
            why=error.strerror or str(error),
            next_command=f"ls -ld {target.parent}",
            id="file-not-written",
        ) from None
