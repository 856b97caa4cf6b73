"""``sunbeam openrc``: shell variables for OpenStack clients."""

from __future__ import annotations

import typer

from sunbeam.cli.credentials import read_credentials
from sunbeam.cli.session import this_node

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def openrc() -> None:
    """Print shell variables to log in as the administrator: eval "$(sunbeam openrc)"."""
    typer.echo(read_credentials(this_node().paths, "openrc"), nl=False)
