"""``sunbeam check``: everything that would stand in a cloud's way on this machine, in one table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sunbeam.cli.render_text import plural
from sunbeam.cli.session import DryRunOption, Output, OutputOption, require_root, run, run_change
from sunbeam.cli.tables import Format, FormatOption, show, show_data
from sunbeam.cli.verbosity import verbosity
from sunbeam.core.errors import ExitCode, PreflightFailed, Problem, SunbeamError
from sunbeam.core.node import Node, this_node

if TYPE_CHECKING:
    from sunbeam.checks.check import Examination
    from sunbeam.checks.wanted import Wanted

app = typer.Typer(rich_markup_mode=None, add_completion=False)

COMMAND = "sunbeam check"


class Role(StrEnum):
    """What a machine does in a cloud."""

    CONTROL = "control"
    COMPUTE = "compute"


@app.command()
@verbosity
def check(
    manifest: Annotated[
        list[Path] | None, typer.Option("--manifest", "-m", help="Judge by this manifest; can be repeated.")
    ] = None,
    role: Annotated[
        list[Role] | None, typer.Option(help="Check for this role only; can be repeated.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the safe fixes, then check again.")] = False,
    dry_run: DryRunOption = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = Output.TEXT,
) -> None:
    """Check whether this machine can be, or go on being, part of a cloud.

    All checks run at the same time; nothing is changed without --fix, which shows the fixes before it applies
    them.  The exit code is 3 if one finds an error, 0 with warnings only.
    """
    if fix:
        require_root()
    node = this_node()
    roles = tuple(each.value for each in role or ())
    with _refusal_told(format, output):
        found = _examine(node, manifest or [], roles, output)
    ids = _fixes(found) if fix else []
    if ids:
        if _is_data(format, output):
            _apply_beside_data(ids, found, node, format, output, dry_run=dry_run)
        else:
            if output is not Output.QUIET:
                _show(found, node, format, output)
            _apply(ids, output, dry_run=dry_run)
        if dry_run:
            return
        found = _examine(node, manifest or [], roles, output)
    _show(found, node, format, output, _told(ids, "applied"))
    if found.failed:
        raise typer.Exit(ExitCode.PREFLIGHT)


def _examine(node: Node, files: Sequence[Path], roles: tuple[str, ...], output: Output) -> Examination:
    from rich.console import Console

    from sunbeam.checks.catalogue import CHECKS
    from sunbeam.checks.check import CheckContext, examine

    wanted = _wanted(node, files)
    wanted = replace(wanted, roles=roles or wanted.roles)
    context = CheckContext(node.processes, node.paths, wanted, remember=node.redactor.add)
    console = Console(stderr=True)
    interactive = console.is_terminal and output.for_people
    with console.status("Looking at this machine") if interactive else nullcontext():
        return run(examine(context, CHECKS))


def _wanted(node: Node, files: Sequence[Path]) -> Wanted:
    """What the cloud on this machine uses, or one of these manifests would.  Raises ManifestErrors."""
    from sunbeam.checks.wanted import Wanted
    from sunbeam.cli.wizard.bootstrap import effective_now
    from sunbeam.cluster.answers import settings_of
    from sunbeam.cluster.settings import NodeSettings

    installed = NodeSettings.exists(node.paths)
    try:
        manifest = effective_now(node, files).manifest
    except PermissionError:
        return Wanted.of_node(NodeSettings.read(node.paths), COMMAND)
    return Wanted.of(manifest, settings_of(node.paths, manifest), installed=installed)


@contextmanager
def _refusal_told(format: Format, output: Output) -> Iterator[None]:
    """Within, mistakes of the manifest are data too, where data is asked for."""
    try:
        yield
    except PreflightFailed as failure:
        if _is_data(format, output):
            problems = [asdict(problem) for problem in failure.problems]
            show_data({"checks": [], "problems": problems, "fixes": []}, format)
        raise


def _is_data(format: Format, output: Output) -> bool:
    """Whether standard output is for one document."""
    return format is not Format.TABLE and output is not Output.JSON


def _fixes(found: Examination) -> list[str]:
    return list(dict.fromkeys(problem.fix for problem in found.problems if problem.fix))


def _apply(ids: Sequence[str], output: Output, *, dry_run: bool) -> None:
    from sunbeam.core.request import Request
    from sunbeam.tasks.fix import FIXES

    if output.for_people:
        for id in ids:
            typer.echo(f"fix {id}: {FIXES[id].what}")
    run_change(Request("fix", {"fixes": list(ids)}), output=output, dry_run=dry_run)


def _apply_beside_data(
    ids: Sequence[str], found: Examination, node: Node, format: Format, output: Output, *, dry_run: bool
) -> None:
    """Show it all on standard error; the document is shown here where no other look follows."""
    try:
        with redirect_stdout(sys.stderr):
            _apply(ids, output, dry_run=dry_run)
    except SunbeamError:
        _show(found, node, format, output, _told(ids, "failed"))
        raise
    if dry_run:
        _show(found, node, format, output, _told(ids, "planned"))


def _told(ids: Sequence[str], status: Literal["planned", "applied", "failed"]) -> list[dict[str, str]]:
    from sunbeam.tasks.fix import FIXES

    return [{"id": id, "what": FIXES[id].what, "status": status} for id in ids]


def _show(
    found: Examination, node: Node, format: Format, output: Output, fixes: Sequence[dict[str, str]] = ()
) -> None:
    """``fixes`` are those that were asked for, as data."""
    problems = [problem.redacted(node.redactor.redact) for problem in found.problems]
    if output is Output.JSON:
        _tell(problems)
    elif _is_data(format, output):
        checks = [
            {
                "id": each.check.id,
                "title": each.check.title,
                "status": each.status,
                "seconds": round(each.seconds, 3),
            }
            for each in found.outcomes
        ]
        told = [asdict(problem) for problem in problems]
        show_data({"checks": checks, "problems": told, "fixes": list(fixes)}, format)
    elif output is Output.QUIET:
        for problem in problems:
            if problem.severity == "error":
                typer.echo("  ".join(" ".join(text.split()) for text in _row(problem).values()))
        typer.echo(_count(found))
    else:
        if problems:
            show([_row(problem) for problem in problems], format)
            typer.echo()
        _summary(found)


def _tell(problems: Sequence[Problem]) -> None:
    """The events that a change tells before it begins, a line each."""
    import json

    from sunbeam.core.events import ProblemFound

    for problem in problems:
        typer.echo(json.dumps(ProblemFound(0, **asdict(problem)).as_dict()))


def _row(problem: Problem) -> dict[str, Any]:
    seen = f"{problem.where}: {problem.evidence}" if problem.evidence else problem.where
    return {
        "severity": problem.severity,
        "problem": f"{problem.what}: {problem.why}" if problem.why else problem.what,
        "evidence": seen,
        "fix": f"{COMMAND} --fix" if problem.fix else problem.next_command,
    }


def _count(found: Examination) -> str:
    """One line for those who want no more."""
    errors = sum(1 for problem in found.problems if problem.severity == "error")
    warnings = len(found.problems) - errors
    told = f"{plural(errors, 'error')} and {plural(warnings, 'warning')}"
    return f"{told} by {plural(len(found.outcomes), 'check')}"


def _summary(found: Examination) -> None:
    """What was looked at, and how much of it is good; green if all of it is."""
    from rich.console import Console
    from rich.text import Text

    good = [each.check.title for each in found.outcomes if each.status == "good"]
    skipped = [each.check.title for each in found.outcomes if each.skipped]
    style = "" if found.problems else "green"
    lines = [f"Nothing found by {len(good)} of {len(found.outcomes)} checks: {', '.join(good)}."]
    lines += [f"Only root can check: {', '.join(skipped)}.  Type: sudo {COMMAND}"] if skipped else []
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    for line in lines:
        console.print(Text(line, style))
