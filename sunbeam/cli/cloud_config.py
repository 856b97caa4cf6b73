"""``sunbeam cloud-config``: a clouds.yaml for OpenStack clients."""

from __future__ import annotations

import typer

from sunbeam.cli.credentials import read_credentials
from sunbeam.cli.session import this_node

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def cloud_config() -> None:
    """Print a clouds.yaml; OpenStack clients read it as ~/.config/openstack/clouds.yaml.

    Cloud `sunbeam` is the administrator, and cloud `demo`, once configured, a user.
    """
    typer.echo(read_credentials(this_node().paths, "clouds.yaml"), nl=False)
