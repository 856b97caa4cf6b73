"""Showing what a change would do; nothing is written, not even a journal where there is none."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sunbeam.cli.preview_text import show_preview
from sunbeam.cli.render import renderer
from sunbeam.cli.session import Output
from sunbeam.core.command import this_command
from sunbeam.core.engine import Engine
from sunbeam.core.events import ChangePreviewed
from sunbeam.core.foresight import Preview
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.node import Node
from sunbeam.core.preview import preview
from sunbeam.core.request import Request
from sunbeam.core.running import run
from sunbeam.core.shapes import mapped
from sunbeam.tasks.catalogue import build


def show_request(
    node: Node, request: Request, output: Output, *, only_changes: bool = False, again: str = ""
) -> Preview:
    """What doing ``request`` now would do, shown as ``output`` says; warnings come before.

    The task ``again`` would be done in any case.

    Raises PreflightFailed if it could not be done, and what building its change raises.
    """
    with TemporaryDirectory(prefix="sunbeam-") as scratch, renderer(output) as show:
        path = node.paths.journal if node.paths.journal.exists() else Path(scratch) / "journal.db"
        with closing(Journal(path)) as journal:
            host = Host(node.processes, journal, node.paths, node.clock, node.redactor, dry_run=True)
            engine = Engine(
                journal, host, node.paths, node.clock, node.redactor, show, command=this_command()
            )
            found = run(preview(engine, build(node, request), journal, again))
        found = mapped(found, node.redactor.redact)
        if output is Output.JSON:
            show(ChangePreviewed(0, found))
    if output is not Output.JSON:
        show_preview(found, only_changes=only_changes, verbose=output is Output.VERBOSE)
    return found
