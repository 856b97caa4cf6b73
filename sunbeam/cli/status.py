"""What ``sunbeam cluster status`` shows."""

from __future__ import annotations

import shutil
import sys
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from sunbeam.cli.session import Node, require_root, run
from sunbeam.cli.tables import WIDE, Format, heading, show, show_data
from sunbeam.cli.units import unit_rows

if TYPE_CHECKING:
    from sunbeam.cluster.health import Health

SHOWN_PROBLEMS = 8


def show_status(node: Node, format: Format) -> None:
    """Print what is known of the cloud, then what is not well and the command to type next.

    Ends with exit code 1 unless all is well.  Raises SunbeamError if this machine is no node.
    """
    from sunbeam.cluster.health import examine
    from sunbeam.cluster.settings import NodeSettings

    settings = NodeSettings.read(node.paths)
    require_root()
    health = run(examine(node.paths, settings))
    if format is Format.TABLE:
        show_tables(health)
    else:
        show_data(as_data(health), format)
    if health.problems():
        raise typer.Exit(1)


def as_data(health: Health) -> dict[str, Any]:
    """Health with its verdict, for programs; what is not known is None."""
    problems = health.problems()
    models, cloud = health.models, health.cloud
    servers = cloud.servers if cloud else None
    return {
        "ok": not problems,
        "problems": [asdict(problem) for problem in problems],
        "nodes": [asdict(health.node)],
        "models": None if models is None else {model.name: unit_rows(model) for model in models},
        "apis": None if cloud is None else [asdict(api) for api in cloud.apis],
        "vms": None if servers is None else [asdict(server) for server in servers],
    }


def show_tables(health: Health) -> None:
    data = as_data(health)
    heading("Nodes")
    node = health.node
    show(
        [{"node": node.name, "address": node.address, "roles": node.roles, **node.services}],
        Format.TABLE,
    )
    for model, units in (data["models"] or {}).items():
        heading(f"Units of model {model}")
        show(units, Format.TABLE)
    if health.cloud:
        heading("APIs, asked as their users do")
        show([_api_row(api) for api in data["apis"]], Format.TABLE)
        heading("VMs of all projects")
        if health.cloud.servers is None:
            typer.echo("unknown: Nova or Keystone does not tell")
        else:
            show(data["vms"], Format.TABLE, ["name", "project", "status", "addresses"])
    _show_verdict(health)


def _api_row(api: dict[str, Any]) -> dict[str, Any]:
    return {
        "API": api["service"],
        "ms": api["milliseconds"],
        "answer": api["problem"] or "ok",
        "URL": api["url"],
    }


def _show_verdict(health: Health) -> None:
    """The first problems, since the others follow from them, and one command."""
    problems = health.problems()
    if not problems:
        heading("All is well.")
        return
    heading("Not well")
    for problem in problems[:SHOWN_PROBLEMS]:
        typer.echo(_wrapped(problem.what))
    if len(problems) > SHOWN_PROBLEMS:
        typer.echo(f"  and {len(problems) - SHOWN_PROBLEMS} more")
    typer.echo(f"\nNext: {problems[0].next_command}")


def _wrapped(text: str) -> str:
    """Indented, and on a terminal broken between words."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    return textwrap.fill(text, width, initial_indent="  ", subsequent_indent="    ")
