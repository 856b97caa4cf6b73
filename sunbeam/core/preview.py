"""A change's preview: what its tasks foresee, put together with how long they are expected to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sunbeam.core.change import Change
from sunbeam.core.command import this_command
from sunbeam.core.engine import Engine, Planned
from sunbeam.core.estimate import Expected, forecast
from sunbeam.core.events import Listener
from sunbeam.core.foresight import Foresight, PlannedTask, Preview, Touch, TouchKind
from sunbeam.core.history import expectations
from sunbeam.core.host import Host, Mutation
from sunbeam.core.journal import Journal
from sunbeam.core.node import Node
from sunbeam.core.running import run

LOOK_SECONDS = 1.0
"""At most this much for a task that finds nothing to change, after tasks that changed nothing either."""

KINDS: dict[str, TouchKind] = {
    **dict.fromkeys(("write", "pack", "restore", "remove"), "file"),
    **dict.fromkeys(("make folder", "remove folder", "make certificates in"), "folder"),
}


async def preview(engine: Engine, change: Change, journal: Journal, again: str = "") -> Preview:
    """What ``engine`` would do; it must have a host that only lists.  Raises what ``Engine.plan`` does."""
    return assemble(change, await engine.plan(change, again), expectations(change, journal))


def dry_run(node: Node, change: Change, listener: Listener, again: str = "") -> Preview:
    """What doing ``change`` now would do; nothing is written, not even a journal where there is none.

    ``listener`` hears of problems.  The task ``again`` would be done in any case.  Raises what
    ``Engine.plan`` does.
    """
    with TemporaryDirectory(prefix="sunbeam-") as scratch:
        path = node.paths.journal if node.paths.journal.exists() else Path(scratch) / "journal.db"
        with closing(Journal(path)) as journal:
            host = Host(node.processes, journal, node.paths, node.clock, node.redactor, dry_run=True)
            engine = Engine(
                journal, host, node.paths, node.clock, node.redactor, listener, command=this_command()
            )
            return run(preview(engine, change, journal, again))


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
