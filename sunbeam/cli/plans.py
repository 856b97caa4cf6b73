"""``sunbeam plans``: the Terraform modules of this cloud, their state and locks."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunbeam.cli.session import require_root, run, this_node
from sunbeam.cli.tables import Format, FormatOption, show, show_data
from sunbeam.core.errors import SunbeamError, UsageError

if TYPE_CHECKING:
    from sunbeam.terraform.client import StateClient
    from sunbeam.terraform.module import Module

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look at Terraform modules, their state and locks.",
)
ModuleArgument = Annotated[str, typer.Argument(metavar="MODULE", help="Name of a module; see plans list.")]


@app.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """List modules with the size of their state and who holds their lock."""
    require_root()
    rows = []
    for found in run(_client().modules()):
        lock = found.lock
        taken = datetime.fromtimestamp(lock["taken"], UTC).isoformat(timespec="seconds") if lock else ""
        rows.append(
            {
                "module": found.module,
                "resources": found.resources,
                "serial": found.serial,
                "versions": len(found.versions),
                "locked by": lock["holder"] if lock else "",
                "locked since": taken,
            }
        )
    show(rows, format)


@app.command("show")
def show_(
    module: ModuleArgument,
    version: Annotated[int | None, typer.Option(help="An earlier version of the state.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the resources in a module's state; no attribute that is a secret is shown."""
    require_root()
    state = run(_client().state(module, version))
    if state is None:
        raise UsageError(
            f"There is no state of module {module}",
            next_command="sunbeam plans list",
            id="module-without-state",
        )
    rows = [row for resource in state.get("resources") or [] for row in _rows(resource)]
    if format is Format.TABLE:
        show(rows, format)
    else:
        outputs = {name: _visible(output) for name, output in (state.get("outputs") or {}).items()}
        show_data({"serial": state["serial"], "resources": rows, "outputs": outputs}, format)


@app.command()
def diff(module: ModuleArgument) -> None:
    """Print how the cloud differs from what its module says; exit with 1 if it does."""
    require_root()

    async def compare() -> str:
        async with _opened(module) as opened:
            plan = await opened.plan(lock=False)
            return "" if plan.is_empty else await opened.show_plan()

    difference = run(compare())
    if not difference:
        typer.echo(f"module {module}: no difference")
        return
    typer.echo(difference)
    raise typer.Exit(1)


@app.command()
def unlock(
    module: ModuleArgument,
    force: Annotated[bool, typer.Option("--force", help="Also if its holder seems to be alive.")] = False,
) -> None:
    """Release the lock that a run left behind."""
    require_root()

    async def release() -> str:
        client = _client()
        lock = await client.lock(module)
        if lock is None:
            return f"module {module} is not locked"
        if not force:
            raise SunbeamError(
                f"module {module} is in use",
                where=lock["holder"],
                why="a lock whose process on this node is dead is taken over by itself; this one is not",
                next_command=f"sunbeam plans unlock {module} --force",
                id="module-in-use",
            )
        await client.unlock(module, lock["id"])
        return f"released the lock of {lock['holder']}"

    typer.echo(run(release()))


@app.command()
def shell(module: ModuleArgument) -> None:
    """Open a shell in a module's folder, where plain tofu finds state, provider and credentials."""
    from sunbeam.terraform.runner import QUIET

    require_root()

    async def interact() -> int:
        async with _opened(module) as opened:
            assert opened.backend is not None
            environment = {
                **os.environ,
                **QUIET,
                **opened.environment,
                **opened.backend.environment(module),
                "PATH": f"{opened.core.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                "SUNBEAM_MODULE": module,
            }
            typer.echo(f"{opened.core.name} works on module {module} here; leave with: exit")
            shell = os.environ.get("SHELL", "/bin/sh")
            finished = await asyncio.to_thread(
                subprocess.run, [shell], cwd=opened.root, env=environment, check=False
            )
            return finished.returncode

    raise typer.Exit(run(interact()))


@asynccontextmanager
async def _opened(name: str) -> AsyncIterator[Module]:
    """A copy of the module with the variables of its last apply; its own folder may be in use."""
    import json
    import tempfile

    from sunbeam.core.manifest.references import resolve
    from sunbeam.core.shipped import shipped
    from sunbeam.juju.credentials import Credentials
    from sunbeam.provider.service import Provider
    from sunbeam.provider.serving import in_process
    from sunbeam.terraform.backend import StateBackend
    from sunbeam.terraform.binary import find_core
    from sunbeam.terraform.module import REFERENCES, VARIABLES, Module

    node = this_node()
    variables = node.paths.terraform / name / name / VARIABLES
    if not variables.exists():
        raise UsageError(
            f"There is no module {name} on this node",
            where=str(variables),
            next_command="sunbeam plans list",
            id="module-unknown",
        )
    references = node.paths.terraform / name / REFERENCES
    referring = json.loads(references.read_text()) if references.exists() else {}
    core = await find_core(node.processes, node.paths.bin)
    credentials = Credentials.from_juju_data(node.paths.juju_data)
    with tempfile.TemporaryDirectory(prefix="look-", dir=node.paths.terraform) as folder:
        async with in_process(Provider(credentials)) as environment:
            module = Module(
                name=name,
                source=shipped("terraform"),
                folder=Path(folder),
                core=core,
                environment=environment,
                backend=StateBackend.read(node.paths.terraform),
                variables=json.loads(variables.read_text()),
                secrets=resolve(referring, node.redactor.add),
            )
            await module.init()
            yield module


def _client() -> StateClient:
    from sunbeam.terraform.backend import StateBackend
    from sunbeam.terraform.client import StateClient

    return StateClient(StateBackend.read(this_node().paths.terraform))


def _rows(resource: dict[str, Any]) -> list[dict[str, object]]:
    """One row per instance, addressed as core does."""
    prefix = f"{resource['module']}." if resource.get("module") else ""
    prefix += "data." if resource["mode"] == "data" else ""
    base = f"{prefix}{resource['type']}.{resource['name']}"
    rows = []
    for instance in resource.get("instances") or []:
        key = instance.get("index_key")
        suffix = "" if key is None else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
        rows.append(
            {
                "resource": base + suffix,
                "id": (instance.get("attributes") or {}).get("id", ""),
                "status": instance.get("status") or "ok",
            }
        )
    return rows


def _visible(output: dict[str, Any]) -> Any:
    return "(sensitive)" if output.get("sensitive") else output.get("value")
