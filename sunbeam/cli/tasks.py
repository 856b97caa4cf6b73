"""``sunbeam tasks``: one change in detail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sunbeam.cli.records import ChangeArgument, read_records
from sunbeam.cli.session import this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.core.event_log import read_events
from sunbeam.tasks.recorded import find

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def tasks(
    change: ChangeArgument,
    log: Annotated[bool, typer.Option("--log", help="Show what happened, event by event.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the tasks of one change: status and its meaning, attempts, seconds, error."""
    paths = this_node().paths
    record = find(read_records(paths), change)
    if log:
        rows = list(_events(paths.change_logs, change))
        show(rows, format, ["time", "task", "event", "text"])
        return
    rows = [
        {
            "task": task.id,
            "title": task.title,
            "needs": list(task.needs),
            "status": task.status.value,
            "meaning": task.status.meaning,
            "attempts": task.attempts,
            "seconds": round(task.seconds, 2),
            "error": task.error,
        }
        for task in record.tasks
    ]
    show(rows, format, ["task", "title", "status", "attempts", "seconds", "error"])


def _events(folder: Path, change: int) -> Iterator[dict[str, Any]]:
    """Each event with one ``text`` of all that it says."""
    for event in read_events(folder, change):
        said = [
            event.get(key) for key in ("title", "verb", "target", "text", "unit", "what", "status", "error")
        ]
        text = " ".join(str(each) for each in said if each)
        yield {"time": event["time"], "task": event.get("task", ""), "event": event["type"], "text": text}
