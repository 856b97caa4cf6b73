"""``sunbeam configure``."""

from __future__ import annotations

import typer

from sunbeam.cli.session import DryRunOption, Output, OutputOption, run_change

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def configure(dry_run: DryRunOption = False, output: OutputOption = Output.TEXT) -> None:
    """Make what a first VM needs: networks, the demo project and user, flavors, an image, a key.

    What exists is left as it is.
    """
    from sunbeam.tasks.demo import configure as configure_change

    run_change(lambda node: configure_change(node.paths), output=output, dry_run=dry_run)
