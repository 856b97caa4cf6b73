"""``sunbeam cluster``: the life of a cloud on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sunbeam.cli.session import (
    DryRunOption,
    Node,
    Output,
    OutputOption,
    require_root,
    run,
    run_change,
    this_node,
)
from sunbeam.cli.tables import Format, FormatOption
from sunbeam.core.engine import Change
from sunbeam.core.errors import UsageError

if TYPE_CHECKING:
    from sunbeam.cluster.settings import NodeSettings

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The life of a cloud on this machine.")

AcceptDefaults = Annotated[bool, typer.Option("--accept-defaults", "-a", help="Ask nothing.")]


@app.command()
def bootstrap(
    accept_defaults: AcceptDefaults = False,
    address: Annotated[str, typer.Option(help="Where users reach this cloud; default: this machine.")] = "",
    pod_range: Annotated[str, typer.Option(help="IPv4 range of the control plane's pods.")] = "10.20.30.0/24",
    external_range: Annotated[str, typer.Option(help="IPv4 range of floating addresses.")] = "172.24.4.0/24",
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make this machine a cloud: control plane, APIs, dashboard, one hypervisor.

    Cut off at any moment, the same command continues.
    """
    from sunbeam.cluster.settings import NodeSettings
    from sunbeam.tasks.bootstrap import bootstrap as bootstrap_change

    def change(node: Node) -> Change:
        if NodeSettings.exists(node.paths):
            settings = NodeSettings.read(node.paths)
        else:
            settings = _settings(node, address, pod_range, external_range)
        return bootstrap_change(node.processes, node.paths, settings)

    run_change(change, output=output, dry_run=dry_run)


def _settings(node: Node, address: str, pod_range: str, external_range: str) -> NodeSettings:
    """What bootstrap writes down.  Raises UsageError for ranges or an address that cannot be."""
    import platform
    from ipaddress import IPv4Network, ip_address

    from sunbeam.cluster.settings import NodeSettings
    from sunbeam.substrates.embedded import network_facts
    from sunbeam.substrates.embedded.probes import Probe

    wrong = []
    for option, text in (("--pod-range", pod_range), ("--external-range", external_range)):
        try:
            if IPv4Network(text).prefixlen > 26:
                wrong.append(f"{option} {text}: needs 64 addresses or more (/26)")
        except ValueError as error:
            wrong.append(f"{option}: {error}")
    try:
        address and ip_address(address)
    except ValueError:
        wrong.append(f"--address: {address} is not an address")
    if wrong:
        raise UsageError(
            "These answers cannot be", why="\n".join(wrong), next_command="sunbeam cluster bootstrap"
        )
    if not address:
        address = run(network_facts.gather(Probe(node.processes))).address or "127.0.0.1"
    return NodeSettings(platform.node() or "node", address, pod_range, external_range)


@app.command()
def status(format: FormatOption = Format.TABLE) -> None:
    """Show nodes, applications, units, and whether each API answers."""
    from sunbeam.cli.status import show_status

    show_status(this_node(), format)


@app.command()
def stop(output: OutputOption = Output.TEXT) -> None:
    """Stop the cloud with its VMs; nothing is removed."""
    from sunbeam.tasks.removal import StopContainers, StopDaemon, StopEtcd

    run_change(
        lambda node: Change("cluster stop", "Stop the cloud", [StopDaemon(), StopContainers(), StopEtcd()]),
        output=output,
    )


@app.command()
def start(output: OutputOption = Output.TEXT) -> None:
    """Bring the cloud back with its VMs after `stop` or, without systemd, after a reboot."""
    from sunbeam.tasks.bootstrap import start as start_change

    run_change(lambda node: start_change(node.paths), output=output)


@app.command()
def destroy(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    keep_packages: Annotated[bool, typer.Option(help="Leave installed packages in place.")] = False,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Remove the cloud, its data, and everything it changed on this machine."""
    from sunbeam.tasks.removal import destroy as destroy_change
    from sunbeam.tasks.removal import forget

    require_root()
    if not (yes or dry_run) and not typer.confirm("This deletes all VMs, images and databases. Go on?"):
        raise UsageError("Nothing was removed", next_command="sunbeam cluster destroy --yes")
    run_change(lambda node: destroy_change(keep_packages=keep_packages), output=output, dry_run=dry_run)
    if not dry_run:
        forget(this_node().paths)
