from __future__ import annotations

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from sunbeam.cli.session import Output, OutputOption
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.errors import UsageError
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


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-q", "-v"], "--quiet and --verbose"),
        (["-q", "--output", "json"], "--quiet and --output json"),
        (["-v", "--output", "quiet"], "--verbose and --output quiet"),
    ],
)
def test_what_contradicts_itself_is_refused(words: list[str], named: str) -> None:
    error = CliRunner().invoke(app, words).exception
    assert isinstance(error, UsageError) and error.what == f"{named} exclude each other"


def test_a_flag_may_say_what_output_says() -> None:
    assert CliRunner().invoke(app, ["-q", "--output", "quiet"]).stdout.strip() == "quiet a"


def test_help_names_both_flags() -> None:
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
