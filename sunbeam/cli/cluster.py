"""``sunbeam cluster``: the life of a cloud on this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sunbeam.cli.manifest_option import ManifestOption
from sunbeam.cli.session import (
    DryRunOption,
    Output,
    OutputOption,
    require_root,
    run_change,
    this_node,
)
from sunbeam.cli.tables import Format, FormatOption
from sunbeam.cli.verbosity import verbosity
from sunbeam.core import ranges
from sunbeam.core.errors import UsageError
from sunbeam.core.request import Request

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The life of a cloud on this machine.",
)

AcceptDefaults = Annotated[bool, typer.Option("--accept-defaults", "-a", help="Ask nothing.")]
Advanced = Annotated[
    bool,
    typer.Option(
        "--advanced",
        help="Ask about every key that a line can answer; nodes, charms, images and flavors are for files.",
    ),
]


@app.command()
@verbosity
def bootstrap(
    accept_defaults: AcceptDefaults = False,
    advanced: Advanced = False,
    manifest: ManifestOption = None,
    address: Annotated[
        str | None, typer.Option(help="Address at which users reach this cloud.  [default: this machine's]")
    ] = None,
    pod_range: Annotated[
        str | None, typer.Option(help=f"IPv4 range of the control plane's pods.  [default: {ranges.PODS}]")
    ] = None,
    external_range: Annotated[
        str | None, typer.Option(help=f"IPv4 range of floating addresses.  [default: {ranges.EXTERNAL}]")
    ] = None,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make this machine a cloud: control plane, APIs, dashboard, one hypervisor.

    On a terminal a few questions come first; nothing is changed before their review.  A dry run asks them
    with --advanced only.  Cut off at any moment, the same command continues.
    """
    from sunbeam.cli.wizard.bootstrap import OPTIONS, bootstrap_request
    from sunbeam.core.manifest.findings import ManifestErrors

    named = {"network.address": address, "network.pods": pod_range, "network.external.range": external_range}
    answers = {key: answer for key, answer in named.items() if answer is not None}

    if advanced:
        _require_questions(accept_defaults=accept_defaults, output=output)
    require_root()
    ask = not accept_defaults and output.for_people and (advanced or not dry_run)
    try:
        request = bootstrap_request(
            this_node(), manifest or [], answers, ask=ask, advanced=advanced, dry_run=dry_run
        )
    except ManifestErrors as errors:
        given = {key: OPTIONS[key] for key in answers}
        raise errors.of_options(given, "sunbeam cluster bootstrap --help") from None
    run_change(request, output=output, dry_run=dry_run)


def _require_questions(*, accept_defaults: bool, output: Output) -> None:
    """Raises UsageError for an option with which nothing is asked, and where nobody can be asked."""
    silent = "--accept-defaults" if accept_defaults else "" if output.for_people else "--output json"
    if silent:
        raise UsageError(
            f"--advanced and {silent} exclude each other",
            why=f"with {silent} nothing is asked",
            next_command="sunbeam cluster bootstrap --advanced",
            id="options-exclude-each-other",
        )
    from sunbeam.cli.wizard.start import can_ask

    if not can_ask():
        raise UsageError(
            "--advanced asks questions, and nobody can be asked",
            why="this is no terminal",
            next_command="sunbeam cluster bootstrap --manifest FILE",
            id="answers-missing",
        )


@app.command()
def status(format: FormatOption = Format.TABLE) -> None:
    """Show nodes, applications, units, and whether each API answers."""
    from sunbeam.cli.status import show_status

    show_status(this_node(), format)


@app.command()
@verbosity
def stop(dry_run: DryRunOption = False, output: OutputOption = Output.TEXT) -> None:
    """Stop the cloud with its VMs; nothing is removed."""
    run_change(Request("cluster stop"), output=output, dry_run=dry_run)


@app.command()
@verbosity
def start(dry_run: DryRunOption = False, output: OutputOption = Output.TEXT) -> None:
    """Bring the cloud back with its VMs after `stop` or, without systemd, after a reboot."""
    run_change(Request("cluster start"), output=output, dry_run=dry_run)


@app.command()
@verbosity
def destroy(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    keep_packages: Annotated[bool, typer.Option(help="Leave installed packages in place.")] = False,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Remove the cloud, its data, and everything it changed on this machine."""
    require_root()
    if not (yes or dry_run):
        sure = sys.stdin.isatty() and typer.confirm("This deletes all VMs, images and databases. Go on?")
        if not sure:
            raise UsageError(
                "Nothing was removed",
                next_command="sunbeam cluster destroy --yes",
                id="removal-not-confirmed",
            )
    request = Request("cluster destroy", {"keep_packages": keep_packages})
    run_change(request, output=output, dry_run=dry_run)
