"""``sunbeam changes``: what was changed on this machine."""

from __future__ import annotations

import typer

from sunbeam.cli.session import this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.core.journal import ChangeRecord, Journal

app = typer.Typer(rich_markup_mode=None)


@app.command()
def changes(format: FormatOption = Format.TABLE) -> None:
    """List changes, newest first, with their status and how far they came."""
    path = this_node().paths.journal
    records = Journal(path).changes() if path.exists() else []
    show([_row(record) for record in records], format)


def _row(record: ChangeRecord) -> dict[str, object]:
    finished = sum(1 for task in record.tasks if task.status.finished)
    return {
        "id": record.id,
        "change": record.title,
        "status": record.status,
        "tasks": f"{finished}/{len(record.tasks)}",
        "started": record.started,
        "finished": record.finished,
        "error": record.error.partition("\n")[0],
    }
