"""``sunbeam support-bundle``: one file for whoever helps."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunbeam import __version__
from sunbeam.cli.session import require_root, run, this_node
from sunbeam.cli.written_file import require_new

if TYPE_CHECKING:
    from sunbeam.doctor.bundle.archive import Collected

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("support-bundle")
def support_bundle(
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE.tar.gz", help="The file to write; it must not exist.", show_default=False
        ),
    ] = None,
) -> None:
    """Collect logs, states and facts of this machine in one file without secrets.

    It works on a cloud that is half made or broken; what could not be read is told in its index.json.
    """
    from sunbeam.doctor.bundle.archive import write_bundle
    from sunbeam.doctor.bundle.collectors import COLLECTORS
    from sunbeam.doctor.bundle.secrets import Secrets
    from sunbeam.doctor.look import Look

    require_root()
    node = this_node()
    now = datetime.now(UTC)
    file = target or Path(f"sunbeam-support-{platform.node()}-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    require_new(file)
    about = {"host": platform.node(), "time": now.isoformat(timespec="seconds"), "version": __version__}
    look = Look(node.paths, node.processes, node.clock, seconds=15)
    secrets = Secrets(node.paths)
    collected = run(write_bundle(file, look, COLLECTORS, secrets, about=about, report=_tell))
    size = file.stat().st_size / 1e6
    typer.echo(f"{file}: {size:.1f} MB, {sum(each.files for each in collected)} files, secrets masked")


def _tell(collected: Collected) -> None:
    problem = f"  {collected.problem}" if collected.problem else ""
    line = f"{collected.seconds:5.1f} s  {collected.title}: {collected.files} files{problem}"
    sys.stderr.write(line + "\n")
