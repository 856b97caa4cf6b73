"""``sunbeam web``: the web view of this machine."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from sunbeam.cli.session import Node, require_root, run, this_node
from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.web.settings import WebSettings, parse_listen, web_folder

if TYPE_CHECKING:
    from sunbeam.web.access import Access

app = typer.Typer(rich_markup_mode=None, add_completion=False)

ANSWER_SECONDS = 60.0


@app.command()
def web(
    listen: Annotated[
        str | None,
        typer.Option(help="ADDRESS, ADDRESS:PORT or :PORT.  [default: this machine's, port 8443]"),
    ] = None,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make a new token: earlier links and sessions end.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="End the web view.")] = False,
) -> None:
    """Show this machine on a web page: set-up, running change, nodes, units, APIs and VMs.

    On a cloud sunbeamd serves it until --off.  On any other machine this command serves it, and sunbeamd
    takes over when the cloud is up.
    """
    require_root()
    if off and (listen is not None or new_token):
        raise UsageError(
            "--off takes no other option", next_command="sunbeam web --off", id="options-exclude-each-other"
        )
    node = this_node()
    if off:
        _turn_off(node)
        return
    if new_token:
        _access(node).new_token()
    before = _former(node)
    settings = _settings(node, listen, before)
    if _daemon_runs(node):
        _let_daemon_serve(node, settings, before)
    else:
        _serve_here(node, settings)


def _former(node: Node) -> WebSettings | None:
    """What was set before; what cannot be read does not count, for this command writes it anew."""
    try:
        return WebSettings.read(node.paths)
    except SunbeamError:
        return None


def _settings(node: Node, listen: str | None, before: WebSettings | None) -> WebSettings:
    """What is asked for, else what was set ``before``, else the address of this machine."""
    if listen is None:
        return before or WebSettings(_address(node))
    return parse_listen(listen, before.host if before else _address(node))


def _address(node: Node) -> str:
    from sunbeam.cluster.answers import default_address
    from sunbeam.cluster.settings import NodeSettings

    if NodeSettings.exists(node.paths):
        return NodeSettings.read(node.paths).address
    return run(default_address(node.processes))


def _daemon_runs(node: Node) -> bool:
    from sunbeam.cluster.services import DAEMON, services_of
    from sunbeam.cluster.settings import NodeSettings

    return NodeSettings.exists(node.paths) and services_of(node.paths).running(DAEMON)


def _turn_off(node: Node) -> None:
    from sunbeam.web.serving import Served

    WebSettings.forget(node.paths)
    deadline = time.monotonic() + ANSWER_SECONDS
    while _daemon_runs(node) and Served.read(node.paths) is not None:
        if time.monotonic() > deadline:
            raise SunbeamError(
                "sunbeamd still serves the web view",
                why=f"it was told, and has not closed the port within {ANSWER_SECONDS:.0f} s",
                next_command="sunbeam cluster status",
                id="web-still-served",
            )
        time.sleep(0.1)
    typer.echo("The web view is off.")


def _let_daemon_serve(node: Node, settings: WebSettings, before: WebSettings | None) -> None:
    """sunbeamd looks for the settings every second and says what came of them.

    If it cannot serve them, it goes on with what was set ``before``.
    """
    from sunbeam.web import tls
    from sunbeam.web.serving import Served

    tls.forget_self_signed(node.paths)
    Served.forget(node.paths)
    settings.write(node.paths)
    deadline = time.monotonic() + ANSWER_SECONDS
    while (served := Served.read(node.paths)) is None or (served.host, served.port) != (
        settings.host,
        settings.port,
    ):
        if time.monotonic() > deadline:
            raise SunbeamError(
                "sunbeamd does not serve the web view",
                where=settings.url,
                why=f"it did not answer within {ANSWER_SECONDS:.0f} s",
                next_command="sunbeam cluster status",
                id="web-not-served",
            )
        time.sleep(0.1)
    if served.problem:
        if before is None:
            WebSettings.forget(node.paths)
        else:
            before.write(node.paths)
        raise SunbeamError(
            "sunbeamd cannot serve the web view",
            why=served.problem,
            next_command="sunbeam web",
            id="web-refused",
        )
    _tell(node, settings)


def _serve_here(node: Node, settings: WebSettings) -> None:
    from sunbeam.web.foreground import alone, serve

    def ready() -> None:
        _tell(node, settings)
        typer.echo("Ctrl-C closes the page.")

    with alone(node.paths) as only:
        if only:
            typer.echo(asyncio.run(serve(node.paths, settings, ready)))
        else:
            _tell(node, _former(node) or settings)


def _tell(node: Node, settings: WebSettings) -> None:
    """The link; its last part never leaves the browser, and is in no log."""
    from ipaddress import ip_address

    from sunbeam.web import tls
    from sunbeam.web.parts import BASE
    from sunbeam.web.settings import in_url

    host = _address(node) if ip_address(settings.host).is_unspecified else settings.host
    typer.echo("Open this link in a browser:")
    typer.echo(f"\n  https://{in_url(host)}:{settings.port}{BASE}/#{_access(node).ensure_token()}\n")
    typer.echo("Whoever has it may look and continue changes. The browser will not know the certificate; its")
    typer.echo("SHA-256 fingerprint must be:")
    typer.echo(f"\n  {tls.fingerprint(tls.certificate(node.paths, settings.host))}\n")


def _access(node: Node) -> Access:
    from sunbeam.web.access import Access

    return Access(web_folder(node.paths))
