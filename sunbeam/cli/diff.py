"""``sunbeam diff``: what running bootstrap now would change."""

from __future__ import annotations

import typer

from sunbeam.cli.manifest_option import ManifestOption
from sunbeam.cli.session import Output, OutputOption, require_root, this_node
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.request import Request

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verbosity
def diff(manifest: ManifestOption = None, output: OutputOption = Output.TEXT) -> None:
    """Show what `sunbeam cluster bootstrap` would change now; exit with 1 if anything.

    With a manifest: what that would change.  Nothing is changed by looking.
    """
    from sunbeam.cli.preview import show_request
    from sunbeam.cli.wizard.bootstrap import effective_now

    require_root()
    node = this_node()
    request = Request("cluster bootstrap", {"manifest": effective_now(node, manifest or []).manifest.dump()})
    if show_request(node, request, output, only_changes=True).changes:
        raise typer.Exit(1)
