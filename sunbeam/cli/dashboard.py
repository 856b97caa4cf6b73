"""``sunbeam dashboard``: the dashboard of this cloud."""

from __future__ import annotations

import typer

from sunbeam.cli.session import this_node

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="The dashboard of this cloud."
)


@app.callback()
def dashboard() -> None:
    """The dashboard of this cloud."""


@app.command()
def url() -> None:
    """Print the dashboard's address."""
    from sunbeam.cluster.settings import NodeSettings

    typer.echo(NodeSettings.read(this_node().paths).dashboard_url)
