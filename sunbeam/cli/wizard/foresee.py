"""What a change would do, seen before it is decided: a dry run that writes nothing, not even a journal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from sunbeam.cli.wizard.review import Foreseen
from sunbeam.core.change import Change
from sunbeam.core.engine import Engine
from sunbeam.core.errors import Problem
from sunbeam.core.events import Event, ProblemFound
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.node import Node
from sunbeam.core.preview import preview
from sunbeam.core.running import run


def foresee(node: Node, change: Change) -> Foreseen:
    """Raises what ``Engine.plan`` does."""
    warnings: list[Problem] = []

    def listen(event: Event) -> None:
        if isinstance(event, ProblemFound) and event.severity == "warning":
            text = (event.what, event.where, event.why, event.next_command)
            warnings.append(Problem(*text, "warning", event.id))

    with TemporaryDirectory(prefix="sunbeam-") as scratch:
        there = node.paths.journal.exists()
        journal = Journal(node.paths.journal if there else Path(scratch) / "journal.db")
        try:
            host = Host(node.processes, journal, node.paths, node.clock, node.redactor, dry_run=True)
            engine = Engine(journal, host, node.paths, node.clock, node.redactor, listen)
            return Foreseen(run(preview(engine, change, journal)), tuple(warnings))
        finally:
            journal.close()
