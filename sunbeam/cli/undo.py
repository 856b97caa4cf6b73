"""``sunbeam undo``: take back a change."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sunbeam.cli.preview import show_undo
from sunbeam.cli.records import ChangeArgument, read_records
from sunbeam.cli.session import DryRunOption, Output, OutputOption, go_on, require_root, run
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.change import Change
from sunbeam.core.engine import Engine
from sunbeam.core.errors import UsageError
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.node import Node, this_node
from sunbeam.core.preview import listing
from sunbeam.core.request import Request
from sunbeam.tasks.catalogue import build
from sunbeam.tasks.recorded import check_undone, find, staying

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verbosity
def undo(
    change: ChangeArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, even if something is lost.")] = False,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Take back what a change did, its last task first.

    If that would lose something of people's own, such as VMs, each is named and you are asked; without a
    terminal nothing is undone then, unless --yes is given.  What cannot be taken back is named and stays.  A
    change on which later ones build must wait for their undo.
    """
    require_root()
    node = this_node()
    records = read_records(node.paths)
    record = find(records, change)
    check_undone(records, record)
    if dry_run:
        show_undo(node, record, output)
        return
    wanted = _built(node, record)
    stays = staying(wanted, record)
    if output.for_people:
        for each in stays:
            typer.echo(f"stays as it is: {each}")
    lost = _losses(node, wanted, record)
    if lost and not yes:
        _ask(record, lost)

    async def deed(engine: Engine, wanted: Change, journal: Journal) -> None:
        check_undone(journal.changes(), record)
        await engine.undo(wanted, journal.change(record.id))

    go_on(record, deed, output, undoing=True)


def _built(node: Node, record: ChangeRecord) -> Change:
    return build(node, Request(record.kind, record.intent))


def _losses(node: Node, wanted: Change, record: ChangeRecord) -> list[str]:
    with listing(node) as (engine, _):
        return run(engine.losses(wanted, record))


def _ask(record: ChangeRecord, lost: list[str]) -> None:
    """Raises UsageError unless a person agrees."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"To undo change {record.id} ({record.title}) would lose data; nothing was undone",
            why="it would lose\n" + "\n".join(lost),
            next_command=f"sunbeam undo {record.id} --yes",
            id="undo-loses-data",
        )
    typer.echo(f"To undo change {record.id} ({record.title}) loses:")
    for each in lost:
        typer.echo(f"  {each}")
    if not typer.confirm("Go on?"):
        raise UsageError(
            "Nothing was undone", next_command=f"sunbeam undo {record.id}", id="undo-not-confirmed"
        )
