"""``sunbeam image``: container images and the guest image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunbeam.cli.session import DryRunOption, Output, OutputOption, require_root, run, run_change, this_node
from sunbeam.cli.tables import Format, FormatOption, show
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.request import Request

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Container images and the guest image.",
)


@app.command("list")
def list_images(format: FormatOption = Format.TABLE) -> None:
    """List recipes with the image each gave: its tag, size, and whether the recipe has changed since."""
    from sunbeam.substrates.embedded.containers_conf import ContainerFolders
    from sunbeam.tasks.images import image_builder

    require_root()
    node = this_node()
    builder = image_builder(node.processes, node.paths)
    images = run(builder.images()) if ContainerFolders(node.paths).in_use else {}
    rows = []
    for name, recipe in builder.recipes.items():
        image = images.get(name)
        state = "not built" if image is None else "current" if image.recipe == recipe.digest else "outdated"
        size = f"{image.size / 1e6:.0f} MB" if image else ""
        rows.append(
            {"image": name, "from": recipe.parent.name if recipe.parent else "", "state": state,
             "tag": image.tag if image else "", "size": size}
        )  # fmt: skip
    show(rows, format)


@app.command()
@verbosity
def build(
    names: Annotated[
        list[str] | None, typer.Argument(help="Recipes to build; all that are outdated.")
    ] = None,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Build images whose recipe is new or changed; named ones are built in any case."""
    run_change(Request("image build", {"names": sorted(names or ())}), output=output, dry_run=dry_run)


@app.command()
def export(target: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write all images into one new file, for a machine that reaches no mirror."""
    from sunbeam.cli.written_file import require_new
    from sunbeam.images.archive import export_images
    from sunbeam.tasks.images import image_builder

    require_root()
    require_new(target)
    node = this_node()
    builder = image_builder(node.processes, node.paths)
    run(export_images(builder, target))
    typer.echo(f"{target}: {target.stat().st_size / 1e6:.0f} MB")


@app.command("import")
@verbosity
def import_(
    source: Annotated[Path, typer.Argument(help="A file that `sunbeam image export` wrote.")],
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Load images from a file, which a bootstrap then need not build."""
    from sunbeam.images.archive import images_in

    require_root()
    images_in(source)  # without one not even a journal is begun
    run_change(Request("image import", {"source": str(source.resolve())}), output=output, dry_run=dry_run)
