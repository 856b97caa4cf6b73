"""What a preview lists and what its run then tells, in the same words."""

from __future__ import annotations

from collections.abc import Iterable

from sunbeam.core.change import Change
from sunbeam.core.events import Event, HostChanged
from sunbeam.core.foresight import Preview, Touch
from sunbeam.core.host import Mutation
from sunbeam.core.preview import preview, touches_of
from tests.unit.core.bench import Workbench

Touches = set[tuple[str, str]]
"""How, and what: (verb, name)."""


def foreseen(preview: Preview, *others: str) -> Touches:
    """``others``: kinds of touches that another program makes, which a preview says in a note."""
    return _told(each for task in preview.tasks for each in task.foresight.touches if each.kind not in others)


def performed(events: Iterable[Event]) -> Touches:
    changes = [each for each in events if isinstance(each, HostChanged)]
    return _told(touch for each in changes for touch in touches_of(Mutation(each.verb, each.target)))


async def previewed_and_done(dry: Workbench, real: Workbench, change: Change) -> Touches:
    """What the preview of ``change`` lists, which doing it then tells."""
    listed = foreseen(await preview(dry.engine, change, dry.journal))
    await real.engine.run(change)
    assert performed(real.events) == listed
    return listed


def _told(touches: Iterable[Touch]) -> Touches:
    return {(touch.verb, touch.name) for touch in touches}
