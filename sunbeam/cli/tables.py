"""Every listing as a table, JSON or YAML: ``--format`` means the same everywhere."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


WIDE = 10_000
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")

FormatOption = Annotated[Format, typer.Option("--format", help="Print a table, JSON or YAML.")]


def show(rows: Sequence[Mapping[str, Any]], format: Format, columns: Sequence[str] | None = None) -> None:
    """Print ``rows``; a table shows ``columns`` (default: all keys of the first row).

    On a terminal long cells are folded; elsewhere a row is one line, whatever its length.
    """
    if format is not Format.TABLE:
        show_data([dict(row) for row in rows], format)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        typer.echo("none")
        return
    names = list(columns or rows[0])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name, ""))) for name in names))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def heading(text: str) -> None:
    """The line above a table where there are several; bold on a terminal."""
    from rich.console import Console
    from rich.text import Text

    Console(soft_wrap=True).print(Text(f"\n{text}", style="bold"))


def _cell(value: Any) -> str:
    """Lists with commas, times without their fractions, several lines as one off a terminal."""
    text = ", ".join(map(_word, value)) if isinstance(value, list | tuple) else _word(value)
    text = MOMENT.sub(r"\1 \2", text)
    return text if sys.stdout.isatty() else " ".join(text.split())


def _word(value: Any) -> str:
    """``false`` as JSON and YAML have it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def show_data(data: Any, format: Format) -> None:
    """Print nested data as JSON or YAML."""
    if format is Format.JSON:
        typer.echo(json.dumps(data, indent=2))
    else:
        import yaml

        typer.echo(yaml.safe_dump(data, sort_keys=False), nl=False)
