"""A change's preview: what its tasks foresee, put together with how long they are expected to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sunbeam.core.change import Change
from sunbeam.core.engine import Engine, Planned
from sunbeam.core.estimate import Expected, forecast
from sunbeam.core.foresight import Foresight, PlannedTask, Preview, Touch, TouchKind
from sunbeam.core.history import expectations
from sunbeam.core.host import Mutation
from sunbeam.core.journal import Journal

LOOK_SECONDS = 1.0
"""At most this much for a task that finds nothing to change, after tasks that changed nothing either."""

KINDS: dict[str, TouchKind] = {
    **dict.fromkeys(("write", "pack", "restore", "remove"), "file"),
    **dict.fromkeys(("make folder", "remove folder", "make certificates in"), "folder"),
}


async def preview(engine: Engine, change: Change, journal: Journal, again: str = "") -> Preview:
    """What ``engine`` would do; it must have a host that only lists.  Raises what ``Engine.plan`` does."""
    return assemble(change, await engine.plan(change, again), expectations(change, journal))


def assemble(change: Change, planned: Sequence[Planned], expected: Iterable[Expected]) -> Preview:
    """``planned`` are the tasks that would be done; the others of ``change`` are as wanted."""
    foresights = {each.task.id: _foresight(each) for each in planned}
    unchanged = [task for task in change.tasks if task.id not in foresights]
    known = {each.task: each for each in _calmed(expected, foresights)}
    course = forecast(known.values(), done=[task.id for task in unchanged])
    tasks = [
        PlannedTask(
            each.task.id,
            each.task.title,
            each.task.phase,
            known[each.task.id].seconds,
            known[each.task.id].measured,
            foresights[each.task.id],
        )
        for each in planned
    ]
    titles = tuple(task.title for task in unchanged)
    return Preview(change.kind, change.title, tuple(tasks), titles, course.seconds, course.critical)


def _foresight(planned: Planned) -> Foresight:
    """What the task says and what its rehearsal showed."""
    if not planned.task.rehearsable:
        return planned.foresight
    touches = [*planned.foresight.touches, *(touch for each in planned.mutations for touch in _touches(each))]
    return replace(planned.foresight, touches=tuple(touches), changes=bool(touches))


def _touches(mutation: Mutation) -> Iterator[Touch]:
    if mutation.place == "cloud":
        yield Touch("cloud", mutation.verb, mutation.target)
    elif mutation.verb.endswith(" packages"):
        verb = mutation.verb.removesuffix(" packages")
        yield from (Touch("package", verb, name) for name in mutation.target.split())
    elif mutation.verb.endswith(" service"):
        yield Touch("service", mutation.verb.removesuffix(" service"), mutation.target)
    else:
        yield Touch(KINDS.get(mutation.verb, "other"), mutation.verb, mutation.target)


def _calmed(expected: Iterable[Expected], foresights: dict[str, Foresight]) -> Iterator[Expected]:
    """Where nothing has changed before it, a task that only looks has nothing to wait for."""
    stirred = {task for task, foresight in foresights.items() if foresight.changes}
    for each in expected:
        before = {*each.needs, *each.awaits}
        if each.task in stirred or before & stirred:
            stirred.add(each.task)
            yield each
        else:
            yield replace(each, seconds=min(each.seconds, LOOK_SECONDS))
