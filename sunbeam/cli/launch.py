"""``sunbeam launch``."""

from __future__ import annotations

from typing import Annotated

import typer

from sunbeam.cli.session import DryRunOption, Output, OutputOption, require_root, run, run_change, this_node
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.request import Request

app = typer.Typer(rich_markup_mode=None, add_completion=False)

DEFAULT_NAME = "first"


@app.command()
@verbosity
def launch(
    name: Annotated[str, typer.Argument(help="The VM's name.")] = DEFAULT_NAME,
    image: Annotated[str, typer.Option(help="Image to start from.")] = "guest",
    flavor: Annotated[str, typer.Option(help="Size of the VM.")] = "m1.tiny",
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Start a VM in the demo project and wait until it answers from outside."""
    from sunbeam.cluster.settings import NodeSettings

    require_root()
    NodeSettings.read(this_node().paths)  # without a cloud not even a journal is begun
    request = Request("launch", {"name": name, "image": image, "flavor": flavor})
    run_change(request, output=output, dry_run=dry_run)
    if output.explains and not dry_run:
        typer.echo(how_to_reach(name))


def how_to_reach(name: str) -> str:
    """One line: which command reaches the VM."""
    from sunbeam.cluster.openstack import DEMO
    from sunbeam.cluster.settings import NodeSettings
    from sunbeam.tasks.launch import answers, floating_address
    from sunbeam.tasks.openstack_call import ask

    paths = this_node().paths
    address = run(ask(paths, DEMO, lambda cloud: floating_address(cloud, name)))
    if interface := NodeSettings.read(paths).interface:
        return f"{name} has {address} on the network of {interface}.  Try there: curl http://{address}"
    if run(answers(address)) == 80:
        return f"{name} answers at {address}.  Try: curl http://{address}"
    return f"{name} answers at {address}.  Try: ssh -i {paths.etc / 'demo.key'} USER@{address}"
