"""Showing what a change would do; nothing is written, not even a journal where there is none."""

from __future__ import annotations

from sunbeam.cli.preview_text import show_preview, summary
from sunbeam.cli.render import renderer
from sunbeam.cli.render_plain import say
from sunbeam.cli.session import Output
from sunbeam.core.events import ChangePreviewed
from sunbeam.core.foresight import Preview
from sunbeam.core.node import Node
from sunbeam.core.preview import dry_run
from sunbeam.core.request import Request
from sunbeam.core.shapes import mapped
from sunbeam.tasks.catalogue import build


def show_request(
    node: Node, request: Request, output: Output, *, only_changes: bool = False, again: str = ""
) -> Preview:
    """What doing ``request`` now would do, shown as ``output`` says; warnings come before.

    The task ``again`` would be done in any case.

    Raises PreflightFailed if it could not be done, and what building its change raises.
    """
    with renderer(output) as show:
        found = mapped(dry_run(node, build(node, request), show, again), node.redactor.redact)
        if output is Output.JSON:
            show(ChangePreviewed(0, found))
    if output is Output.QUIET:
        say(summary(found, only_changes=only_changes))
    elif output is not Output.JSON:
        show_preview(found, only_changes=only_changes, verbose=output is Output.VERBOSE)
    return found
