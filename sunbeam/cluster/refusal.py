"""Why sunbeamd does not start, kept where the command that starts it finds it."""

from __future__ import annotations

import errno
import json
import sqlite3

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file
from sunbeam.operators.sealing import SealError
from sunbeam.operators.store import StoreError

FILE = "sunbeamd.refusal"
START = "sunbeam cluster start"


def keep(paths: Paths, error: SunbeamError) -> None:
    fields = {key: getattr(error, key) for key in ("what", "where", "why", "next_command", "id")}
    paths.run.mkdir(parents=True, exist_ok=True)
    replace_file(paths.run / FILE, json.dumps(fields).encode(), 0o600)


def read(paths: Paths) -> SunbeamError | None:
    try:
        fields = json.loads((paths.run / FILE).read_text())
    except (OSError, ValueError):
        return None
    return SunbeamError(**fields)


def forget(paths: Paths) -> None:
    (paths.run / FILE).unlink(missing_ok=True)


def understood(paths: Paths, failure: Exception) -> SunbeamError | None:
    """The failure for a person if starting again will not help; None if it might."""
    if isinstance(failure, SunbeamError):
        return failure
    if isinstance(failure, SealError):
        return wrong_key(paths, str(failure))
    if isinstance(failure, (StoreError, sqlite3.DatabaseError)) and not _is_full(failure):
        return SunbeamError(
            "The operators' database cannot be read",
            where=str(paths.engine / "engine.db"),
            why=f"{failure}\nput back engine.db and secrets/sealing.key of one backup; without a backup the"
            " cloud must be removed: sunbeam cluster destroy",
            next_command=START,
            id="operators-database-damaged",
        )
    if _is_full(failure):
        return SunbeamError(
            "The disk is full",
            where=str(paths.state),
            why=str(failure),
            next_command=f"df -h {paths.state}",
            id="disk-full",
        )
    if isinstance(failure, OSError) and failure.errno == errno.EADDRINUSE:
        return SunbeamError(
            "A port of sunbeamd is taken",
            where="127.0.0.1",
            why=str(failure),
            next_command="ss -ltnp",
            id="port-taken",
        )
    return None


def wrong_key(paths: Paths, why: str) -> SunbeamError:
    """The key at hand is not the one with which the deployment's secrets were sealed."""
    return SunbeamError(
        "The secrets of this cloud cannot be opened",
        where=str(paths.state / "secrets" / "sealing.key"),
        why=f"{why}\nput back sealing.key of the backup that the databases are from",
        next_command=START,
        id="wrong-sealing-key",
    )


def _is_full(failure: Exception) -> bool:
    if isinstance(failure, sqlite3.OperationalError):
        return "disk is full" in str(failure)
    return isinstance(failure, OSError) and failure.errno == errno.ENOSPC
