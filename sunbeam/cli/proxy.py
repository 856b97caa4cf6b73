"""``sunbeam proxy``: through what this machine, its image builds and charms reach the world."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.cli.session import DryRunOption, Output, OutputOption, require_root, run_change, this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.errors import UsageError
from sunbeam.core.request import Request

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The proxy through which this machine reaches the world.",
)

URL = "URL; one with a password is named by ${file:PATH} or ${env:NAME}, and empty is no proxy."


@app.command("show")
def show_proxy(format: FormatOption = Format.TABLE) -> None:
    """Show the proxy that programs and charms use, without its password."""
    from sunbeam.core.proxy import Proxy
    from sunbeam.tasks.proxy import proxy_said

    require_root()
    node = this_node()
    kept = (Proxy.kept(node.paths) or Proxy()).shown()
    said = proxy_said(node)
    rows = [
        {"scheme": scheme, "proxy": getattr(kept, key), "manifest": said[key]}
        for scheme, key in (("http", "http"), ("https", "https"), ("none for", "no_proxy"))
    ]
    show(rows, format)


@app.command("set")
@verbosity
def set_proxy(
    http: Annotated[str | None, typer.Option(help=f"Proxy for HTTP: {URL}")] = None,
    https: Annotated[str | None, typer.Option(help=f"Proxy for HTTPS: {URL}")] = None,
    no_proxy: Annotated[
        str | None,
        typer.Option(help="What is reached without it; this machine and the cloud's networks always are."),
    ] = None,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Use a proxy from now on; what is not named stays as it is."""
    from sunbeam.cluster.answers import manifest_here
    from sunbeam.tasks.proxy import proxy_said

    require_root()
    named = {"http": http, "https": https, "no_proxy": no_proxy}
    given = {key: value for key, value in named.items() if value is not None}
    if not given:
        raise UsageError(
            "No proxy was named",
            why="one of --http, --https and --no-proxy is needed",
            next_command="sunbeam proxy set --http URL --https URL",
            id="proxy-not-named",
        )
    node = this_node()
    before = proxy_said(node)
    manifest_here(node.paths, [], {f"proxy.{key}": value for key, value in given.items()})
    intent = {"proxy": {**before, **given}, "before": before}
    run_change(Request("proxy set", intent), output=output, dry_run=dry_run)


@app.command("clear")
@verbosity
def clear_proxy(dry_run: DryRunOption = False, output: OutputOption = Output.TEXT) -> None:
    """Reach the world without a proxy from now on."""
    from sunbeam.tasks.proxy import proxy_said

    require_root()
    before = proxy_said(this_node())
    intent = {"proxy": dict.fromkeys(before, ""), "before": before}
    run_change(Request("proxy clear", intent), output=output, dry_run=dry_run)
