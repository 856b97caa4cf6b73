"""``sunbeam explain``: what is behind the id that an error prints."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.catalogue import AREAS, entry
from sunbeam.cli.tables import Format, FormatOption, show, show_data

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=False)


@app.command()
def explain(
    id: Annotated[str, typer.Argument(help="Id of an error; without one all are listed.")] = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Explain an error, a finding or a diagnosis: why it comes and what to do."""
    if not id:
        rows = [{"id": each.id, "cause": each.cause} for area in AREAS.values() for each in area]
        show(rows, format)
        return
    found = entry(id)
    if format is not Format.TABLE:
        show_data({"id": found.id, "cause": found.cause, "remedy": found.remedy}, format)
        return
    typer.echo(f"{found.id}\n\nCause:  {found.cause}\nRemedy: {found.remedy}")
