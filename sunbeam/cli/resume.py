"""``sunbeam resume``: continue a change that did not end well."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.cli.preview import show_request, show_undo
from sunbeam.cli.records import read_records
from sunbeam.cli.session import DryRunOption, Output, OutputOption, go_on, require_root
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.change import Change
from sunbeam.core.engine import Engine
from sunbeam.core.errors import UsageError
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.node import this_node
from sunbeam.core.request import Request
from sunbeam.tasks.recorded import check_continued, find, to_continue

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verbosity
def resume(
    change: Annotated[int | None, typer.Argument(help="The change's id.  [default: the newest]")] = None,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Continue the change that was cut off, failed or waits for a person; also one that was being undone.

    The command that began it does the same; this one needs none of its options.
    """
    require_root()
    node = this_node()
    records = read_records(node.paths)
    record = find(records, change)
    if record.status.finished:
        left = [each.id for each in to_continue(records)]
        raise UsageError(
            f"Change {record.id} ({record.title}) is {record.status}: there is nothing to continue",
            why=f"not finished: {', '.join(map(str, left))}" if left else "",
            next_command=f"sunbeam resume {left[0]}" if left else "sunbeam changes",
            id="nothing-to-continue",
        )
    if not record.undoing:
        check_continued(records, record)
    if dry_run and record.undoing:
        show_undo(node, record, output)
        return
    if dry_run:
        show_request(node, Request(record.kind, record.intent), output)
        return

    async def deed(engine: Engine, wanted: Change, journal: Journal) -> None:
        now: ChangeRecord = journal.change(record.id)
        if now.undoing:
            await engine.undo(wanted, now)
        else:
            check_continued(journal.changes(), now)
            await engine.run(wanted, now.id)

    go_on(record, deed, output, undoing=record.undoing)
