"""``sunbeam report``: one change as a page that can be read anywhere."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Annotated

import typer

from sunbeam.cli.records import ChangeArgument, read_records
from sunbeam.cli.render_text import plural
from sunbeam.cli.session import this_node
from sunbeam.cli.written_file import write_file
from sunbeam.core.cores import cores
from sunbeam.core.event_log import read_events
from sunbeam.core.events import parse_event
from sunbeam.core.journal import ChangeRecord
from sunbeam.core.lock import holder, status_now
from sunbeam.tasks.recorded import find

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def report(
    change: ChangeArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The file to write; only its default is replaced.  [default: change-CHANGE.html]"
        ),
    ] = None,
) -> None:
    """Write a change as an HTML page: its timeline, what took long, what failed.

    The page needs nothing else: no network, no script.
    """
    from sunbeam.report.page import render
    from sunbeam.report.timeline import from_events, from_journal

    paths = this_node().paths
    record = find(read_records(paths), change)
    told = [event for event in map(parse_event, read_events(paths.change_logs, change)) if event is not None]
    timeline = from_events(told) if told else from_journal(record)
    timeline.expected = timeline.expected or from_journal(record).expected
    default = Path(f"change-{change}.html")
    target = file or default
    status = status_now(record.status, record.id, holder(paths.change_lock))
    write_file(
        target, render(record, timeline, status.value, _facts(record)), "w" if target == default else "x"
    )
    typer.echo(target)


def _facts(record: ChangeRecord) -> dict[str, str]:
    from sunbeam import __version__

    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    tried = sum(task.attempts for task in record.tasks)
    return {
        "Machine": platform.node(),
        "System": f"{system}, Linux {platform.release()}",
        "Processor cores": str(cores()),
        "Memory": f"{memory:.1f} GiB",
        "Sunbeam": __version__,
        "Tasks": f"{len(record.tasks)}, {plural(tried, 'attempt')}",
    }
