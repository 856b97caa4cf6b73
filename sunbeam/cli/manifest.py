"""``sunbeam manifest``: what a cloud is made of, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunbeam.cli.manifest_option import ManifestOption
from sunbeam.cli.session import require_root, run, this_node
from sunbeam.cli.tables import Format, FormatOption, show, show_data
from sunbeam.cli.written_file import write_file
from sunbeam.core.errors import Problem

if TYPE_CHECKING:
    from sunbeam.cluster.store import ClusterStore
    from sunbeam.core.manifest.effective import Effective

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write, check and compare files that say what a cloud is made of.",
)
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, or names of shipped plans.")]
OneFile = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The file.")]
Target = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here; it must not exist.")
]


@app.command()
def generate(manifest: ManifestOption = None, output: Target = None) -> None:
    """Write a file with every key, its meaning and its value: that of this cloud, or of a plan or files.

    What nobody said and each machine decides for itself is a comment.
    """
    from sunbeam.core.manifest.effective import effective
    from sunbeam.core.manifest.text import annotated_text
    from sunbeam.core.manifest.tree import DEFAULT, DETECTED
    from sunbeam.core.questions import DETECTED as DECIDED_HERE

    made = effective(manifest) if manifest else _here([])
    origins = {key: made.origin(key) or DEFAULT for key in DECIDED_HERE}
    notes = {DEFAULT: "", DETECTED: "  # detected on this machine"}
    left = {key: notes[origin] for key, origin in origins.items() if origin in notes}
    _write(annotated_text(made.manifest, effective().manifest, left), output)


@app.command("show")
def show_(
    number: Annotated[int | None, typer.Argument(help="A version of this cloud's manifest.")] = None,
    manifest: ManifestOption = None,
    effective: Annotated[
        bool, typer.Option("--effective", help="Each value with where it came from.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what this cloud is or would be made of, with files too, or an earlier version.

    References stay references; one that stands for nothing here is a warning.
    """
    from sunbeam.core.manifest.text import manifest_text

    if number is not None:
        from sunbeam.cluster.manifests import version

        document = run(version(_store(), number)).manifest
    else:
        wanted = _here(manifest or [], looking=True)
        _warn(wanted)
        if effective:
            show(
                [
                    {"key": key, "value": wanted.values[key], "from": str(origin)}
                    for key, origin in wanted.origins.items()
                ],
                format,
            )
            return
        document = wanted.manifest.dump()
    if format is Format.TABLE:
        typer.echo(manifest_text(document), nl=False)
    else:
        show_data(document, format)


@app.command()
def lint(files: Files) -> None:
    """Check files, merged in their order; every mistake is told with its line, and the exit code is 3.

    A reference that stands for nothing here is a warning: the machine that uses the files needs it.
    """
    from sunbeam.core.manifest.effective import effective

    _warn(effective(files, looking=True))
    typer.echo(f"{', '.join(str(file) for file in files)}: no mistakes")


@app.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """List the versions of this cloud's manifest, with the keys that each one changed."""
    from sunbeam.cluster.manifests import versions

    rows = [
        {
            "version": each.number,
            "applied": each.applied,
            "changed": list(each.changed) if each.number > 1 else ["everything"],
        }
        for each in run(versions(_store()))
    ]
    show(rows, format)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A version, a file, or the name of a shipped plan.")],
    after: Annotated[str, typer.Argument(help="Another one; by default this cloud's manifest.")] = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the keys in which two manifests differ; exit with 1 if they do."""
    from sunbeam.cluster.manifests import difference

    found = difference(_document(before), _document(after))
    if not found and format is Format.TABLE:
        typer.echo("no difference")
        return
    rows = [{"key": key, "before": old, "after": new} for key, (old, new) in found.items()]
    if format is Format.TABLE:
        rows = [{name: "" if cell is None else cell for name, cell in row.items()} for row in rows]
    show(rows, format)
    if found:
        raise typer.Exit(1)


@app.command()
def migrate(file: OneFile, output: Target = None) -> None:
    """Print a file as one of today's schema, also the settings of a cloud from before manifests."""
    from sunbeam.core.manifest.migrate import migrate as migrated

    result = migrated(file)
    _write(result.text, output)
    for note in result.notes:
        typer.echo(f"not carried over: {note}", err=True)


@app.command("import")
def import_(file: OneFile, output: Target = None) -> None:
    """Print a manifest of the snap named openstack as one of ours, and tell what has no place here."""
    from sunbeam.core.manifest.snap_openstack import import_manifest
    from sunbeam.core.manifest.text import manifest_text, schema_line

    document, left = import_manifest(file)
    _write(schema_line() + manifest_text(document), output)
    for each in left:
        typer.echo(f"not carried over: {each}", err=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of manifests, from which editors complete and check them."""
    from sunbeam.core.manifest.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=1))


def _warn(wanted: Effective) -> None:
    """Tell of references that a change would refuse here, on standard error."""
    for found in wanted.unresolved:
        problem = Problem(found.text, found.place, severity="warning", id="reference-unresolved")
        typer.echo(str(problem), err=True)


def _here(files: list[Path], *, looking: bool = False) -> Effective:
    """What a bootstrap that asks nothing makes of this machine, or did."""
    from sunbeam.cli.wizard.bootstrap import effective_now
    from sunbeam.cluster.settings import NodeSettings

    node = this_node()
    if NodeSettings.exists(node.paths):
        require_root("only root may read what this cloud is made of")
    return effective_now(node, files, looking=looking)


def _document(named: str) -> dict[str, Any]:
    from sunbeam.core.manifest.effective import effective

    if named.isdecimal() and not Path(named).exists():
        from sunbeam.cluster.manifests import version

        return run(version(_store(), int(named))).manifest
    return (effective([Path(named)]) if named else _here([])).manifest.dump()


def _store() -> ClusterStore:
    """Raises UsageError and SunbeamError."""
    from sunbeam.cluster.etcd import etcd_store
    from sunbeam.cluster.settings import NodeSettings

    require_root()
    paths = this_node().paths
    return etcd_store(paths, NodeSettings.read(paths))


def _write(text: str, target: Path | None) -> None:
    """Raises UsageError."""
    if target is None:
        typer.echo(text, nl=False)
    else:
        write_file(target, text, "x")
