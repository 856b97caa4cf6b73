"""Showing what a change would do; nothing is written, not even a journal where there is none."""

from __future__ import annotations

from dataclasses import replace

from sunbeam.cli.preview_text import show_preview, summary
from sunbeam.cli.render import JsonLines, renderer
from sunbeam.cli.render_plain import say
from sunbeam.cli.session import Output
from sunbeam.core.events import ChangePreviewed
from sunbeam.core.foresight import Preview
from sunbeam.core.journal import ChangeRecord
from sunbeam.core.node import Node
from sunbeam.core.preview import dry_run, dry_run_undo
from sunbeam.core.request import Request
from sunbeam.core.shapes import mapped
from sunbeam.tasks.catalogue import build
from sunbeam.tasks.recorded import staying


def show_request(
    node: Node, request: Request, output: Output, *, only_changes: bool = False, again: str = ""
) -> Preview:
    """What doing ``request`` now would do, shown as ``output`` says; warnings come before.

    The task ``again`` would be done in any case.

    Raises PreflightFailed if it could not be done, and what building its change raises.
    """
    with renderer(output) as show:
        found = mapped(dry_run(node, build(node, request), show, again), node.redactor.redact)
    _show(found, output, only_changes=only_changes)
    return found


def show_undo(node: Node, record: ChangeRecord, output: Output) -> None:
    """What undoing a recorded change now would do, shown as ``output`` says.

    Raises UsageError if all of it stays, and what building and undoing the change raise.
    """
    change = build(node, Request(record.kind, record.intent))
    stays = tuple(staying(change, record))
    found = replace(dry_run_undo(node, change, record), stays=stays)
    _show(mapped(found, node.redactor.redact), output)


def _show(found: Preview, output: Output, *, only_changes: bool = False) -> None:
    if output is Output.JSON:
        JsonLines()(ChangePreviewed(0, found))
    elif output is Output.QUIET:
        say(summary(found, only_changes=only_changes))
    else:
        show_preview(found, only_changes=only_changes, verbose=output is Output.VERBOSE)
