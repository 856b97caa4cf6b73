"""``sunbeam changes``: what was changed on this machine."""

from __future__ import annotations

import typer

from sunbeam.cli.session import this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.lock import holder
from sunbeam.core.status import ChangeStatus

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def changes(format: FormatOption = Format.TABLE) -> None:
    """List changes, newest first, with their status and how far they came."""
    paths = this_node().paths
    with Journal.reading(paths.journal) as journal:
        records = journal.changes() if journal else []
    running = holder(paths.change_lock) is not None
    rows = [_row(record, running=running and place == 0) for place, record in enumerate(records)]
    show(rows, format, ["id", "change", "status", "tasks", "started", "error"])


def _row(record: ChangeRecord, *, running: bool) -> dict[str, object]:
    """A change that is being done by nobody was cut off."""
    cut_off = record.status is ChangeStatus.DOING and not running
    status = ChangeStatus.INTERRUPTED if cut_off else record.status
    finished = sum(1 for task in record.tasks if task.status.finished)
    return {
        "id": record.id,
        "change": record.title,
        "status": status.value,
        "meaning": status.meaning,
        "tasks": f"{finished}/{len(record.tasks)}",
        "started": record.started,
        "finished": record.finished,
        "error": record.error.partition("\n")[0],
    }
