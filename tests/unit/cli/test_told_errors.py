"""What a program learns from ``--output json`` of errors before a change, and that it learns it once."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sunbeam.cli.main import main
from sunbeam.cli.session import Output, OutputOption
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.errors import PreflightFailed, Problem, SunbeamError, UsageError
from sunbeam.core.event_schema import event_schema
from tests.fakes.json_schema import mistakes

SCHEMA = event_schema()


def told(error: SunbeamError, output: Output) -> list[dict[str, Any]]:
    """The lines of a command that calls one like itself, which raises."""
    app = typer.Typer()

    @verbosity
    def inner(output: OutputOption = Output.TEXT) -> None:
        raise error

    @app.command()
    @verbosity
    def outer(output: OutputOption = Output.TEXT) -> None:
        inner(output=output)

    ended = CliRunner().invoke(app, ["--output", output])
    assert ended.exception is error
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [list(mistakes(line, SCHEMA, SCHEMA)) for line in lines] == [[]] * len(lines)
    return lines


def test_an_error_is_an_event() -> None:
    error = UsageError("no such thing", where="here", why="because", next_command="look", id="unknown")
    (event,) = told(error, Output.JSON)
    assert event["type"] == "problem-found" and event["severity"] == "error"
    words = [event[key] for key in ("what", "where", "why", "next_command", "id")]
    assert words == ["no such thing", "here", "because", "look", "unknown"]


def test_of_several_findings_each_is_an_event() -> None:
    found = [Problem("no route", id="a"), Problem("it is late", severity="warning")]
    events = told(PreflightFailed(found), Output.JSON)
    assert [(event["what"], event["severity"]) for event in events] == [
        ("no route", "error"),
        ("it is late", "warning"),
    ]


def test_people_are_told_on_standard_error_alone() -> None:
    assert told(UsageError("no such thing"), Output.TEXT) == []


@pytest.mark.parametrize(
    "words",
    [
        ["launch", "--output", "json"],
        ["resume", "--output", "json"],
        ["proxy", "set", "--output", "json"],
        ["cluster", "bootstrap", "-a", "--advanced", "--output", "json"],
        ["cluster", "stop", "--dry-run", "-q", "--output", "json"],
    ],
)
@pytest.mark.usefixtures("root")
def test_a_refusal_before_a_change_begins_is_told(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    shown = capsys.readouterr()
    (event,) = map(json.loads, shown.out.splitlines())
    assert event["type"] == "problem-found" and f"Error: {event['what']}" in shown.err
