"""``sunbeam cloud``: from a bare machine to a VM that answers, in one command."""

from __future__ import annotations

import time
from collections.abc import Callable

import typer

from sunbeam.cli.manifest_option import ManifestOption
from sunbeam.cli.session import DryRunOption, Output, OutputOption, this_node
from sunbeam.cli.verbosity import verbosity

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verbosity
def cloud(
    manifest: ManifestOption = None, dry_run: DryRunOption = False, output: OutputOption = Output.TEXT
) -> None:
    """Bootstrap, configure and launch a first VM, with defaults for what no manifest says.

    What is there already is left as it is; cut off at any moment, the same command continues.
    """
    from sunbeam.cli.cluster import bootstrap
    from sunbeam.cli.configure import configure
    from sunbeam.cli.launch import DEFAULT_NAME, how_to_reach, launch
    from sunbeam.cluster.settings import NodeSettings

    phases: dict[str, Callable[[], None]] = {
        "bootstrap": lambda: bootstrap(
            accept_defaults=True, manifest=manifest, dry_run=dry_run, output=output
        ),
        "configure": lambda: configure(manifest=manifest, dry_run=dry_run, output=output),
        "launch": lambda: launch(dry_run=dry_run, output=output),
    }
    seconds: dict[str, float] = {}
    if dry_run and not NodeSettings.exists(this_node().paths):
        phases["bootstrap"]()
        if output.explains:
            typer.echo("\nThen `configure` and `launch`: what they do is known once there is a cloud.")
        return
    for phase, work in phases.items():
        began = time.monotonic()
        work()
        seconds[phase] = time.monotonic() - began
    if output.explains and not dry_run:
        typer.echo(_summary(seconds, how_to_reach(DEFAULT_NAME)))


def _summary(seconds: dict[str, float], reach: str) -> str:
    from sunbeam.cluster.settings import NodeSettings

    paths = this_node().paths
    settings = NodeSettings.read(paths)
    phases = ", ".join(f"{phase} {spent:.0f} s" for phase, spent in seconds.items())
    return "\n".join(
        [
            "",
            f"The cloud is up: {phases}, in all {sum(seconds.values()):.0f} s.",
            "",
            f"  VM           {reach}",
            f"  Dashboard    {settings.dashboard_url}  (its CA: {paths.etc / 'ca.crt'})",
            f"  Credentials  {paths.etc / 'clouds.yaml'}: cloud sunbeam is the administrator, demo a user",
            "",
            "Next:",
            '  eval "$(sunbeam openrc)" && openstack server list --all-projects',
            "  sunbeam cluster status",
            "  sunbeam launch second",
        ]
    )
