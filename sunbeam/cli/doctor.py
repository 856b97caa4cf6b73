"""``sunbeam doctor``: what is wrong, causes before what follows from them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from sunbeam.cli.session import require_root, run, this_node
from sunbeam.cli.tables import Format, FormatOption, heading, show_data

if TYPE_CHECKING:
    from sunbeam.doctor.examination import Examination, Finding

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def doctor(format: FormatOption = Format.TABLE) -> None:
    """Find out what is wrong: the cause, its evidence, and what to type.

    Works whatever is broken, in less than ten seconds.  Ends with exit code 1 if something is wrong.
    """
    from sunbeam.doctor.examination import examine
    from sunbeam.doctor.look import Look
    from sunbeam.doctor.rules import RULES

    require_root()
    node = this_node()
    examination = run(examine(Look(node.paths, node.processes, node.clock), RULES))
    if format is Format.TABLE:
        show_text(examination)
    else:
        show_data(as_data(examination), format)
    if not examination.ok:
        raise typer.Exit(1)


def as_data(examination: Examination) -> dict[str, Any]:
    return {
        "ok": examination.ok,
        "findings": [_as_data(finding) for finding in examination.findings],
        "unanswered": examination.unanswered,
    }


def _as_data(finding: Finding) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(finding.diagnosis).items() if name != "explains"}
    return {
        "id": fields.pop("id"),
        **fields,
        "consequences": [_as_data(each) for each in finding.consequences],
    }


def show_text(examination: Examination) -> None:
    """A paragraph per cause, with what follows from it as a line each.

    Where there is no cloud, nothing else is to be known.
    """
    for finding in examination.findings:
        found = finding.diagnosis
        heading(("" if found.severity == "error" else "Warning: ") + found.cause)
        typer.echo("  evidence: " + found.evidence.replace("\n", "\n            "))
        typer.echo(f"  remedy:   {found.remedy}")
        consequences = [each for below in finding.consequences for each in below.everything()]
        for place, each in enumerate(consequences):
            typer.echo(f"  {'hence:   ' if place == 0 else '         '} {each.cause}")
    if not examination.findings:
        typer.echo("Nothing is wrong.")
    no_cloud = any(each.id == "no-cloud" for each in examination.diagnoses())
    unanswered = {} if no_cloud else examination.unanswered
    if unanswered:
        typer.echo()
    for rule, why in unanswered.items():
        typer.echo(f"not known: {rule}: {why}")
