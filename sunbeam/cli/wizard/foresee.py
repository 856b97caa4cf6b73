"""What a change would do, seen before it is decided: a dry run that writes nothing, not even a journal."""

from __future__ import annotations

from sunbeam.cli.wizard.review import Foreseen
from sunbeam.core.change import Change
from sunbeam.core.errors import Problem
from sunbeam.core.events import Event, ProblemFound
from sunbeam.core.node import Node
from sunbeam.core.preview import dry_run


def foresee(node: Node, change: Change) -> Foreseen:
    """Raises what ``Engine.plan`` does."""
    warnings: list[Problem] = []

    def listen(event: Event) -> None:
        if isinstance(event, ProblemFound) and event.severity == "warning":
            warnings.append(event.problem)

    return Foreseen(dry_run(node, change, listen), tuple(warnings))
