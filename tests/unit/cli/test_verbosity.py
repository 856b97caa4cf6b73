from __future__ import annotations

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from sunbeam.cli.session import Output, OutputOption
from sunbeam.cli.verbosity import verbosity
from tests.unit.docs.book import commands

app = typer.Typer()


@app.command()
@verbosity
def work(name: Annotated[str, typer.Option(help="Whose.")] = "a", output: OutputOption = Output.TEXT) -> None:
    """Do something."""
    typer.echo(f"{output.value} {name}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "text a"),
        (["--quiet"], "quiet a"),
        (["-v", "--name", "b"], "verbose b"),
        (["--output", "json"], "json a"),
    ],
)
def test_the_flags_are_values_of_output(words: list[str], told: str) -> None:
    assert CliRunner().invoke(app, words).stdout.strip() == told


def test_both_flags_are_refused_and_help_names_them() -> None:
    assert CliRunner().invoke(app, ["-q", "-v"]).exit_code != 0
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert "--quiet" in shown and "--verbose" in shown and "Do something." in shown


FOLLOWS = {"attach", "diff", "resume", "retry"}
"""Commands that change nothing, or go on with what could be listed before."""


def test_every_command_that_shows_progress_can_be_quiet_verbose_and_dry() -> None:
    for words, command in commands().items():
        names = {option for param in command.params for option in param.opts}
        if "--output" in names and not words.startswith("manifest"):
            assert {"--quiet", "--verbose"} <= names, words
            assert "--dry-run" in names or words in FOLLOWS, words
