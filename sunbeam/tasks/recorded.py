"""Which recorded changes may go on, and which may be undone."""

from __future__ import annotations

from collections.abc import Sequence

from sunbeam.core.errors import UsageError
from sunbeam.core.journal import ChangeRecord
from sunbeam.core.status import ChangeStatus
from sunbeam.tasks.catalogue import KINDS, Kind

Records = Sequence[ChangeRecord]
"""Newest first, as the journal gives them."""


def find(records: Records, number: int | None) -> ChangeRecord:
    """The change with this number; without one the newest.  Raises UsageError if there is none."""
    for record in records:
        if number in (None, record.id):
            return record
    what = "Nothing has been changed on this machine" if number is None else f"There is no change {number}"
    raise UsageError(what, next_command="sunbeam changes", id="change-unknown")


def check_continued(records: Records, record: ChangeRecord) -> None:
    """Raises UsageError for a change that a later one has replaced."""
    for later in _later(records, record):
        if _same(later, record):
            raise UsageError(
                f"{_name(record)} cannot go on",
                why=f"change {later.id} wanted the same thing later, perhaps otherwise",
                next_command=f"sunbeam resume {later.id}" if not later.status.finished else "sunbeam changes",
                id="change-superseded",
            )


def check_undone(records: Records, record: ChangeRecord) -> None:
    """Raises UsageError for a change that cannot be undone, with the reason and what can be done instead."""
    kind = KINDS.get(record.kind)
    if kind is None or not kind.undoable:
        raise UsageError(
            f"{_name(record)} cannot be undone",
            why="there is nothing to put back; another command does the opposite",
            next_command=kind.instead if kind else "sunbeam changes",
            id="undo-impossible",
        )
    if record.status is ChangeStatus.UNDONE:
        raise UsageError(
            f"{_name(record)} is undone already", next_command="sunbeam changes", id="change-undone"
        )
    _check_nothing_builds_on(records, record)
    if kind.made_once:
        _check_it_was_the_first(records, record, kind)


def in_effect(record: ChangeRecord) -> bool:
    """Whether there is something of it that an undo would take back."""
    return record.status is not ChangeStatus.UNDONE and any(task.status.begun for task in record.tasks)


def _check_nothing_builds_on(records: Records, record: ChangeRecord) -> None:
    building = [
        later
        for later in _later(records, record)
        if in_effect(later) and later.kind in KINDS and record.kind in KINDS[later.kind].builds_on
    ]
    if building:
        names = ", ".join(f"{later.id} ({later.title})" for later in reversed(building))
        raise UsageError(
            f"{_name(record)} cannot be undone yet",
            why=f"later changes build on it: {names}; undo those first, the newest at the beginning",
            next_command=f"sunbeam undo {building[0].id}",
            id="undo-impossible",
        )


def _check_it_was_the_first(records: Records, record: ChangeRecord, kind: Kind) -> None:
    earlier = [each for each in records if each.id < record.id and _same(each, record) and in_effect(each)]
    if earlier:
        raise UsageError(
            f"{_name(record)} cannot be undone by itself",
            why=f"change {earlier[-1].id} made what this one looked at or changed",
            next_command=kind.instead or f"sunbeam undo {earlier[-1].id}",
            id="undo-impossible",
        )


def _later(records: Records, record: ChangeRecord) -> list[ChangeRecord]:
    return [each for each in records if each.id > record.id]


def _same(one: ChangeRecord, other: ChangeRecord) -> bool:
    """Whether they are about the same thing, be it in the same way or not."""
    return (one.kind, one.title) == (other.kind, other.title)


def _name(record: ChangeRecord) -> str:
    return f"Change {record.id} ({record.title})"
