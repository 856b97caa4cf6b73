"""``sunbeam changes``: what was changed on this machine."""

from __future__ import annotations

import typer

from sunbeam.cli.records import read_records
from sunbeam.cli.session import this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.core.journal import ChangeRecord
from sunbeam.core.lock import holder, status_now
from sunbeam.core.status import ChangeStatus

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def changes(format: FormatOption = Format.TABLE) -> None:
    """List changes, newest first, with their status and how far they came."""
    paths = this_node().paths
    records = read_records(paths)
    found = holder(paths.change_lock)
    rows = [_row(record, status_now(record.status, record.id, found)) for record in records]
    show(rows, format, ["id", "change", "status", "tasks", "started", "error"])


def _row(record: ChangeRecord, status: ChangeStatus) -> dict[str, object]:
    finished = sum(1 for task in record.tasks if task.status.finished)
    return {
        "id": record.id,
        "change": f"Undo: {record.title}" if record.undoing else record.title,
        "status": status.value,
        "meaning": status.meaning,
        "tasks": f"{finished}/{len(record.tasks)}",
        "started": record.started,
        "finished": record.finished,
        "error": record.error.partition("\n")[0],
    }
