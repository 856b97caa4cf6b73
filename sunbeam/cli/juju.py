"""``sunbeam juju``: the Juju API of this cloud, for people and for Juju clients."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunbeam.cli.session import require_root, run, this_node
from sunbeam.cli.tables import Format, FormatOption, heading, show, show_data

if TYPE_CHECKING:
    from sunbeam.juju.status import ModelStatus

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Use the Juju API of this cloud."
)


@app.command("data-dir")
def data_dir() -> None:
    """Print the folder with which Juju clients log in: export JUJU_DATA=$(sunbeam juju data-dir)."""
    from sunbeam.juju.credentials import Credentials

    require_root()
    folder = this_node().paths.juju_data
    controller = Credentials.from_juju_data(folder).controller
    typer.echo(folder)
    if sys.stdout.isatty():
        typer.echo(
            f"\nIt knows controller {controller}.  To use it with juju or libjuju:\n"
            "  export JUJU_DATA=$(sunbeam juju data-dir)\n"
            "  juju status --model openstack",
            err=True,
        )


@app.command()
def status(
    model: Annotated[str, typer.Option(help="Only this model; default: all that have applications.")] = "",
    relations: Annotated[bool, typer.Option("--relations", help="Show relations too.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show models: applications, units, machines, offers; JSON and YAML tell all there is."""
    require_root()
    found = run(_statuses(model))
    if format is not Format.TABLE:
        show_data({status.name: asdict(status) for status in found}, format)
        return
    for status in found:
        _show(status, relations=relations)
    if not found:
        typer.echo("none")


async def _statuses(model: str) -> list[ModelStatus]:
    from sunbeam.juju.controller import Controller
    from sunbeam.juju.credentials import Credentials
    from sunbeam.juju.status import full_status

    async with Controller(Credentials.from_juju_data(this_node().paths.juju_data)) as controller:
        names = [model] if model else [summary.uuid for summary in await controller.models()]
        models = [await controller.model(name) for name in names]
        statuses = await asyncio.gather(*(full_status(each) for each in models))
    return [status for status in statuses if model or status.applications]


def _show(status: ModelStatus, *, relations: bool) -> None:
    from sunbeam.cli.units import unit_rows

    tables: dict[str, list[dict[str, Any]]] = {
        "applications": [
            {
                "application": one.name,
                "status": one.state.current,
                "version": one.workload_version,
                "scale": f"{len(one.units)}/{one.scale}",
                "charm": one.charm_name,
                "revision": one.charm_revision,
            }
            for one in status.applications.values()
        ],
        "units": unit_rows(status),
        "machines": [
            {"machine": one.id, "status": one.agent.current, "address": one.address, "base": one.base}
            for one in status.machines.values()
        ],
        "consumed offers": [
            {"name": one.name, "status": one.state.current, "offer": one.offer_url}
            for one in status.remote_applications.values()
        ],
        "offers": [
            {
                "offer": one.name,
                "application": one.application,
                "endpoints": one.endpoints,
                "connected": one.connections,
            }
            for one in status.offers.values()
        ],
        "relations": [
            {"id": one.id, "relation": one.key, "interface": one.interface, "status": one.state.current}
            for one in status.relations
            if relations
        ],
    }
    for title, rows in tables.items():
        if rows:
            heading(f"Model {status.name}: {title}")
            show(rows, Format.TABLE)
