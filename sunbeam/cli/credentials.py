"""The files that bootstrap writes for OpenStack clients, for the commands that print them."""

from __future__ import annotations

from pathlib import Path

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.command import this_command
from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.core.paths import Paths


def read_credentials(paths: Paths, name: str) -> str:
    """The text of ``/etc/sunbeam/NAME``.  Raises SunbeamError if there is none, or not for us to read."""
    file = paths.etc / name
    try:
        return file.read_text("utf-8")
    except PermissionError:
        raise UsageError(
            "The administrator's credentials are readable by root only",
            where=str(file),
            next_command=f"sudo {this_command()}",
            id="root-needed",
        ) from None
    except FileNotFoundError:
        raise _missing(paths, file) from None


def _missing(paths: Paths, file: Path) -> SunbeamError:
    if not NodeSettings.exists(paths):
        why = "this machine is not part of a cloud"
    else:
        why = "they are written at the end of bootstrap"
    return SunbeamError(
        "There are no credentials yet",
        where=str(file),
        why=why,
        next_command="sunbeam cluster bootstrap",
        id="credentials-missing",
    )
