"""``sunbeam debug``: what operators log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sunbeam.cli.session import require_root, run, this_node
from sunbeam.cli.tables import Format, FormatOption, show_data
from sunbeam.core.errors import Interrupted

if TYPE_CHECKING:
    from sunbeam.juju.debug_log import DebugLog, LogLine, LogQuery

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Read the logs of operators."
)


class Level(StrEnum):
    """Juju's log levels; each shows those after it too."""

    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@app.callback()
def debug() -> None:
    """Read the logs of operators."""


@app.command()
def log(
    model: Annotated[str, typer.Option(help="Only this model; default: all.")] = "",
    unit: Annotated[str, typer.Option(help="Only this unit (nova/0) or application (nova).")] = "",
    level: Annotated[Level, typer.Option(case_sensitive=False, help="Least level to show.")] = Level.DEBUG,
    lines: Annotated[int, typer.Option(min=1, help="How many of the last lines to show.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what operators logged, oldest first; a table is a line a record.

    With --follow, JSON is an object a line.
    """
    from sunbeam.juju.debug_log import LogQuery

    require_root()
    query = LogQuery(level.value, unit, lines)
    if follow:
        with _until_interrupted():
            run(_follow(model, query, format))
    else:
        _print(run(_kept(model, query)), format)


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Ctrl-C is how a person ends what has no end: no error."""
    try:
        yield
    except Interrupted as interrupted:
        raise typer.Exit(interrupted.exit_code) from None


async def _kept(model: str, query: LogQuery) -> list[LogLine]:
    """The last lines of all models together."""
    logs = await _logs(model)
    found = await asyncio.gather(*(log.kept(query) for log in logs))
    return sorted((line for lines in found for line in lines), key=lambda line: line.time)[-query.lines :]


async def _follow(model: str, query: LogQuery, format: Format) -> None:
    async def show(log: DebugLog) -> None:
        async for line in log.follow(query):
            _print_one(line, format)

    await asyncio.gather(*(show(log) for log in await _logs(model)))


async def _logs(model: str) -> list[DebugLog]:
    """Of the model with that name, or of all."""
    from sunbeam.juju.controller import Controller
    from sunbeam.juju.credentials import Credentials
    from sunbeam.juju.debug_log import DebugLog

    credentials = Credentials.from_juju_data(this_node().paths.juju_data)
    async with Controller(credentials) as controller:
        if model:
            uuids = [(await controller.model(model)).uuid]
        else:
            uuids = [summary.uuid for summary in await controller.models()]
    return [DebugLog(credentials, uuid) for uuid in uuids]


def _print(lines: Sequence[LogLine], format: Format) -> None:
    if format is not Format.TABLE:
        show_data([line.fields() for line in lines], format)
        return
    for line in lines:
        typer.echo(str(line))
    if not lines:
        typer.echo("none")


def _print_one(line: LogLine, format: Format) -> None:
    """Records of a stream: objects of JSON lines, items of one YAML list."""
    import json

    if format is Format.JSON:
        typer.echo(json.dumps(line.fields()))
    elif format is Format.YAML:
        show_data([line.fields()], format)
    else:
        typer.echo(str(line))
