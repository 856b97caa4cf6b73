"""Recorded changes for commands that speak of one."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.paths import Paths

ChangeArgument = Annotated[int, typer.Argument(help="The change's id, from `sunbeam changes`.")]


def read_records(paths: Paths) -> list[ChangeRecord]:
    """All changes of this node, newest first.  Raises NotReadable."""
    with Journal.reading(paths.journal) as journal:
        return journal.changes() if journal else []
