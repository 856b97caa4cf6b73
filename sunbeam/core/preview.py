"""A change's preview: what its tasks foresee, put together with how long they are expected to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sunbeam.core.change import Change
from sunbeam.core.command import this_command
from sunbeam.core.engine import Engine, Planned, undo_title
from sunbeam.core.estimate import Expected, forecast
from sunbeam.core.events import Listener
from sunbeam.core.foresight import Foresight, PlannedTask, Preview, Touch, TouchKind
from sunbeam.core.history import expectations, undo_expectations
from sunbeam.core.host import Host, Mutation
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.node import Node
from sunbeam.core.running import run
from sunbeam.core.task import Task

LOOK_SECONDS = 1.0
"""At most this much for a task that finds nothing to change, after tasks that changed nothing either."""
NOTHING_TO_UNDO = "nothing to take back"

KINDS: dict[str, TouchKind] = {
    **dict.fromkeys(("write", "pack", "restore", "remove"), "file"),
    **dict.fromkeys(("make folder", "remove folder", "empty", "make certificates in"), "folder"),
    "update": "setting",
}
NOUNS: tuple[TouchKind, ...] = ("service", "container", "interface")
"""With which the verb of a change of the host may end: ``stop service``."""


async def preview(engine: Engine, change: Change, journal: Journal, again: str = "") -> Preview:
    """What ``engine`` would do; it must have a host that only lists.  Raises what ``Engine.plan`` does."""
    return assemble(change, await engine.plan(change, again), expectations(change, journal))


def dry_run(node: Node, change: Change, listener: Listener, again: str = "") -> Preview:
    """What doing ``change`` now would do; nothing is written, not even a journal where there is none.

    ``listener`` hears of problems.  The task ``again`` would be done in any case.  Raises what
    ``Engine.plan`` does.
    """
    with listing(node, listener) as (engine, journal):
        return run(preview(engine, change, journal, again))


def dry_run_undo(node: Node, change: Change, record: ChangeRecord) -> Preview:
    """What undoing the recorded ``change`` now would do.  Raises what ``Engine.plan_undo`` does."""
    with listing(node) as (engine, journal):
        planned = run(engine.plan_undo(change, record))
        expected = undo_expectations([each.task for each in planned], change.kind, journal)
    return assemble_undo(change, planned, expected)


@contextmanager
def listing(node: Node, listener: Listener = lambda event: None) -> Iterator[tuple[Engine, Journal]]:
    """An engine whose host only lists, and its journal, which is thrown away where there was none."""
    with TemporaryDirectory(prefix="sunbeam-") as scratch:
        path = node.paths.journal if node.paths.journal.exists() else Path(scratch) / "journal.db"
        with closing(Journal(path)) as journal:
            host = Host(node.processes, journal, node.paths, node.clock, node.redactor, dry_run=True)
            yield (
                Engine(
                    journal, host, node.paths, node.clock, node.redactor, listener, command=this_command()
                ),
                journal,
            )


def assemble(change: Change, planned: Sequence[Planned], expected: Iterable[Expected]) -> Preview:
    """``planned`` are the tasks that would be done; the others of ``change`` are as wanted."""
    foresights = {each.task.id: _foresight(each) for each in planned}
    unchanged = [task for task in change.tasks if task.id not in foresights]
    known = {each.task: each for each in _calmed(expected, foresights)}
    course = forecast(known.values(), done=[task.id for task in unchanged])
    tasks = tuple(_planned_task(each.task, known, foresights) for each in planned)
    titles = tuple(task.title for task in unchanged)
    return Preview(
        change.kind, change.title, tasks, titles, course.seconds, course.critical, node=change.node
    )


def assemble_undo(change: Change, planned: Sequence[Planned], expected: Sequence[Expected]) -> Preview:
    """``planned`` are the tasks that would be undone, in that order."""
    foresights = {each.task.id: _foresight_of_undo(each) for each in planned}
    known = {each.task: each for each in expected}
    course = forecast(expected)
    tasks = tuple(_planned_task(each.task, known, foresights) for each in planned)
    return Preview(
        change.kind, undo_title(change), tasks, (), course.seconds, course.critical, node=change.node
    )


def _planned_task(
    task: Task, known: Mapping[str, Expected], foresights: Mapping[str, Foresight]
) -> PlannedTask:
    expected = known[task.id]
    return PlannedTask(
        task.id, task.title, task.phase, expected.seconds, expected.measured, foresights[task.id]
    )


def _foresight(planned: Planned) -> Foresight:
    """What the task says and what its rehearsal showed."""
    if not planned.task.rehearsable:
        return planned.foresight
    touches = _all_touches(planned)
    return replace(planned.foresight, touches=touches, changes=bool(touches))


def _foresight_of_undo(planned: Planned) -> Foresight:
    touches = _all_touches(planned)
    changes = planned.foresight.changes or bool(touches)
    note = planned.foresight.note or ("" if changes else NOTHING_TO_UNDO)
    return replace(planned.foresight, touches=touches, changes=changes, note=note)


def _all_touches(planned: Planned) -> tuple[Touch, ...]:
    rehearsed = (touch for each in planned.mutations for touch in touches_of(each))
    return (*planned.foresight.touches, *rehearsed)


def touches_of(mutation: Mutation) -> Iterator[Touch]:
    """What a preview says of a change of the host."""
    if mutation.place == "cloud":
        yield Touch("cloud", mutation.verb, mutation.target)
    elif mutation.verb.endswith(" packages"):
        verb = mutation.verb.removesuffix(" packages")
        yield from (Touch("package", verb, name) for name in mutation.target.split())
    elif noun := next((each for each in NOUNS if mutation.verb.endswith(f" {each}")), None):
        yield Touch(noun, mutation.verb.removesuffix(f" {noun}"), mutation.target)
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
