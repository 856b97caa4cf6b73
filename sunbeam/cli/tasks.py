"""``sunbeam tasks``: one change in detail."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.cli.session import this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.core.errors import UsageError
from sunbeam.core.journal import Journal

app = typer.Typer(rich_markup_mode=None)


@app.command()
def tasks(
    change: Annotated[int, typer.Argument(help="The change's id, from `sunbeam changes`.")],
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the tasks of one change: status and its meaning, attempts, seconds, error."""
    path = this_node().paths.journal
    try:
        record = Journal(path).change(change) if path.exists() else None
    except KeyError:
        record = None
    if record is None:
        raise UsageError(f"There is no change {change}", where=str(path), next_command="sunbeam changes")
    rows = [
        {
            "task": task.id,
            "title": task.title,
            "status": task.status.value,
            "meaning": task.status.meaning,
            "attempts": task.attempts,
            "seconds": round(task.seconds, 2),
            "error": task.error,
        }
        for task in record.tasks
    ]
    show(rows, format, ["task", "title", "status", "attempts", "seconds", "error"])
