"""``sunbeam retry``: do one task of a change again."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.cli.preview import show_request
from sunbeam.cli.records import read_records
from sunbeam.cli.session import DryRunOption, Output, OutputOption, go_on, require_root
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.change import Change
from sunbeam.core.engine import Engine
from sunbeam.core.errors import UsageError
from sunbeam.core.journal import Journal
from sunbeam.core.node import this_node
from sunbeam.core.request import Request
from sunbeam.tasks.recorded import check_continued, find

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verbosity
def retry(
    task: Annotated[str, typer.Argument(help="The task's id, from `sunbeam tasks`.")],
    change: Annotated[int | None, typer.Option(help="The change's id.  [default: the newest]")] = None,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Do one task of a change again even if all seems as wanted, and go on with the change.

    The other tasks are looked at and left alone if they are done, as always when a change goes on.
    """
    require_root()
    node = this_node()
    records = read_records(node.paths)
    record = find(records, change)
    if task not in [each.id for each in record.tasks]:
        raise UsageError(
            f"Change {record.id} ({record.title}) has no task {task}",
            why=f"its tasks are {', '.join(each.id for each in record.tasks)}",
            next_command=f"sunbeam tasks {record.id}",
            id="task-unknown",
        )
    if record.undoing:
        raise UsageError(
            f"Change {record.id} ({record.title}) was undone, or is being undone",
            next_command="sunbeam changes" if record.status.finished else f"sunbeam resume {record.id}",
            id="change-undone",
        )
    check_continued(records, record)
    if dry_run:
        show_request(node, Request(record.kind, record.intent), output, again=task)
        return

    async def deed(engine: Engine, wanted: Change, journal: Journal) -> None:
        check_continued(journal.changes(), journal.change(record.id))
        await engine.run(wanted, record.id, again=task)

    go_on(record, deed, output)
