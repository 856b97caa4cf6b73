"""``sunbeam configure``."""

from __future__ import annotations

import typer

from sunbeam.cli.manifest_option import ManifestOption
from sunbeam.cli.session import DryRunOption, Output, OutputOption, require_root, run_change, this_node
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.request import Request

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verbosity
def configure(
    manifest: ManifestOption = None, dry_run: DryRunOption = False, output: OutputOption = Output.TEXT
) -> None:
    """Make what a first VM needs: networks, the demo project and user, flavors, an image, a key.

    Of a manifest's other keys nothing is applied: that is for `cluster bootstrap`.
    """
    from sunbeam.cluster.answers import demo_here

    require_root()
    wanted = demo_here(this_node().paths, manifest or [])
    run_change(Request("configure", {"manifest": wanted.dump()}), output=output, dry_run=dry_run)
