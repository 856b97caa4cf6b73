"""The ``sunbeam`` command.

Each command group is one module of this package with a typer application named ``app``; it is imported
when it is called, so that ``sunbeam --help`` stays fast.  To add one, write the module and add its line to
``COMMANDS``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from sunbeam import __version__

if TYPE_CHECKING:
    from sunbeam.core.errors import SunbeamError

COMMANDS: dict[str, tuple[str, str]] = {
    "cloud": (
        "sunbeam.cli.cloud",
        "Make this machine a cloud with a running VM: bootstrap, configure, launch.",
    ),
    "check": ("sunbeam.cli.check", "Check whether this machine can be part of a cloud."),
    "cluster": ("sunbeam.cli.cluster", "Bootstrap, look at, stop, start and destroy the cloud."),
    "configure": ("sunbeam.cli.configure", "Make networks, a project, a user, flavors and an image."),
    "launch": ("sunbeam.cli.launch", "Start a VM and wait until it answers."),
    "openrc": ("sunbeam.cli.openrc", "Print shell variables to log in as the administrator."),
    "cloud-config": ("sunbeam.cli.cloud_config", "Print a clouds.yaml for OpenStack clients."),
    "dashboard": ("sunbeam.cli.dashboard", "Tell where the dashboard is."),
    "web": ("sunbeam.cli.web", "Show this machine on a web page: set-up, changes, nodes, units, APIs, VMs."),
    "attach": ("sunbeam.cli.attach", "Follow a running change, such as after a lost connection."),
    "resume": ("sunbeam.cli.resume", "Continue a change that was cut off or failed."),
    "retry": ("sunbeam.cli.retry", "Do one task of a change again, and go on."),
    "undo": ("sunbeam.cli.undo", "Take back a change."),
    "changes": ("sunbeam.cli.changes", "List what was changed on this machine, newest first."),
    "tasks": ("sunbeam.cli.tasks", "Show the tasks of one change."),
    "proxy": ("sunbeam.cli.proxy", "Show and change the proxy through which this machine reaches the world."),
    "manifest": ("sunbeam.cli.manifest", "Write, check and compare files that say what a cloud is made of."),
    "report": ("sunbeam.cli.report", "Write one change as a page: its timeline, what took long, errors."),
    "diff": ("sunbeam.cli.diff", "Show what running bootstrap now would change."),
    "plans": ("sunbeam.cli.plans", "Look at Terraform modules, their state and locks."),
    "image": ("sunbeam.cli.image", "Build, list, export and import container images."),
    "doctor": ("sunbeam.cli.doctor", "Find out what is wrong, and what to do about it."),
    "explain": ("sunbeam.cli.explain", "Explain an error: why it comes and what to do."),
    "support-bundle": (
        "sunbeam.cli.support_bundle",
        "Collect in one file, without secrets, what helps others to help.",
    ),
    "debug": ("sunbeam.cli.debug", "Read the logs of operators."),
    "juju": ("sunbeam.cli.juju", "Use the Juju API of this cloud."),
    "version": ("sunbeam.cli.version", "Print the version."),
}

PRINTERS = ("typer.", "rich.", "sunbeam.cli.render_plain")
"""Modules that write to standard output."""


class LazyGroup(TyperGroup):
    """Knows its commands by name and sentence; imports a module when its command runs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {name: TyperCommand(name, help=text) for name, (_, text) in COMMANDS.items()}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name][0])
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        from typer._click.shell_completion import CompletionItem

        fitting = [(name, text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        options = TyperCommand.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=text) for name, text in fitting), *options]


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Turn machines into an OpenStack cloud.  Every change is journaled: the same command continues it.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Typer needs a callback to treat the application as a group."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a SunbeamError becomes its text on standard error and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a letter shows the others
    try:
        if sys.__stdout__ is None:  # the first file that is opened would take its place
            raise _not_written("it is closed")
        app(args=list(arguments) if arguments is not None else None)
    except Exception as error:
        sys.exit(report(error))


def report(error: Exception) -> int:
    """Print ``error`` for a person, with a traceback only if nobody foresaw it."""
    import traceback

    from sunbeam.core.command import this_command
    from sunbeam.core.disks import disk_full, says_full
    from sunbeam.core.errors import SunbeamError
    from sunbeam.core.node import this_node

    if _printing(error):
        error = _not_written(str(error))
    if not isinstance(error, SunbeamError) and says_full(error):
        paths = this_node().paths
        error = disk_full("Sunbeam", error, [paths.state, paths.run])
    if not isinstance(error, SunbeamError):
        traceback.print_exception(error)
        error = SunbeamError(
            "Sunbeam met an error that it does not know",
            why=f"{type(error).__name__}: {error}",
            next_command=this_command(),
            id="unknown-error",
        )
    sys.stderr.write(f"Error: {error}\n")
    return int(error.exit_code)


def _not_written(why: str) -> SunbeamError:
    from sunbeam.core.command import this_command
    from sunbeam.core.errors import SunbeamError

    return SunbeamError(
        "Standard output cannot be written",
        where="what `>` or `|` leads to",
        why=why,
        next_command=this_command(),
        id="output-not-written",
    )


def _printing(error: Exception) -> bool:
    """Whether it comes from where texts are printed: an OSError of a stream does not name it."""
    from traceback import walk_tb

    if not isinstance(error, OSError):
        return False
    modules = [str(frame.f_globals["__name__"]) for frame, _ in walk_tb(error.__traceback__)]
    return bool(modules) and modules[-1].startswith(PRINTERS)


if __name__ == "__main__":
    main()
