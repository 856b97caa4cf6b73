"""Which recorded changes may go on, and which may be undone."""

from __future__ import annotations

from collections.abc import Sequence

from sunbeam.core.change import Change
from sunbeam.core.engine import begun, to_undo
from sunbeam.core.errors import UsageError
from sunbeam.core.journal import ChangeRecord
from sunbeam.core.status import ChangeStatus
from sunbeam.tasks.catalogue import KINDS, command

FORGOTTEN = "this version of Sunbeam does not know how"
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
    """Raises UsageError for a change that a later one has replaced or made up for."""
    for later in _later(records, record):
        if _same(later, record):
            raise UsageError(
                f"{_name(record)} cannot go on",
                why=f"change {later.id} wanted the same thing later, perhaps otherwise",
                next_command=f"sunbeam resume {later.id}" if not later.status.finished else "sunbeam changes",
                id="change-superseded",
            )
    kind = KINDS.get(record.kind)
    for later in records:
        past = later.status is ChangeStatus.DONE and later.last_seen > record.last_seen
        if kind and later.kind in kind.overtaken_by and past:
            raise UsageError(
                f"{_name(record)} cannot go on",
                why=f"change {later.id} ({later.title}) came to its end since then, and this would spoil it",
                next_command=command(record.kind),
                id="change-superseded",
            )


def to_continue(records: Records) -> list[ChangeRecord]:
    """Those that are not finished and may go on, newest first."""
    return [each for each in records if not each.status.finished and _may_go_on(records, each)]


def _may_go_on(records: Records, record: ChangeRecord) -> bool:
    try:
        if not record.undoing:
            check_continued(records, record)
    except UsageError:
        return False
    return True


def check_undone(records: Records, record: ChangeRecord) -> None:
    """Raises UsageError for a change that cannot be undone, with the reason and what can be done instead."""
    kind = KINDS.get(record.kind)
    if kind is None or kind.final:
        raise UsageError(
            f"{_name(record)} cannot be undone",
            why=kind.final if kind else "this Sunbeam does not know its kind",
            next_command=kind.instead if kind else "sunbeam changes",
            id="undo-impossible",
        )
    if record.status is ChangeStatus.UNDONE:
        raise UsageError(
            f"{_name(record)} is undone already", next_command="sunbeam changes", id="change-undone"
        )
    maker = _maker(records, record)
    if maker is not record:
        raise UsageError(
            f"{_name(record)} cannot be undone by itself",
            why=f"change {maker.id} made what this one looked at or changed",
            next_command=kind.instead or f"sunbeam undo {maker.id}",
            id="undo-impossible",
        )
    building = _building(records, record)
    if building:
        names = ", ".join(f"{later.id} ({later.title})" for later in reversed(building))
        raise UsageError(
            f"{_name(record)} cannot be undone yet",
            why=f"later changes build on it: {names}; undo those first, the newest at the beginning",
            next_command=f"sunbeam undo {building[0].id}",
            id="undo-impossible",
        )


def staying(change: Change, record: ChangeRecord) -> list[str]:
    """What an undo of ``record`` leaves as it is, and why, a line each.

    Raises UsageError if there is nothing else to undo.
    """
    stays = [f"{task.title}: {task.final}" for task in begun(change, record) if task.final]
    known = {task.id for task in change.tasks}
    stays += [f"{task.title}: {FORGOTTEN}" for task in record.tasks if task.begun and task.id not in known]
    if stays and not to_undo(change, record):
        raise UsageError(
            f"{_name(record)} cannot be undone",
            why="\n".join(stays),
            next_command="sunbeam changes",
            id="undo-impossible",
        )
    return stays


def in_effect(records: Records, record: ChangeRecord) -> bool:
    """Whether there is something of it that an undo would take back."""
    if record.status is ChangeStatus.UNDONE or not any(task.begun for task in record.tasks):
        return False
    undone = [each for each in records if _same(each, record) and each.status is ChangeStatus.UNDONE]
    return not (_made_once(record) and any(each.finished >= record.started for each in undone))


def _maker(records: Records, record: ChangeRecord) -> ChangeRecord:
    """The first of the changes about the same thing, if later ones only change what that made."""
    if not _made_once(record):
        return record
    earlier = [each for each in records if each.id < record.id and _same(each, record)]
    return next((each for each in reversed(earlier) if in_effect(records, each)), record)


def _building(records: Records, record: ChangeRecord) -> list[ChangeRecord]:
    """Later changes that need what this one made, newest first; of those about one thing, its maker."""
    return [
        later
        for later in _later(records, record)
        if later.kind in KINDS
        and record.kind in KINDS[later.kind].builds_on
        and in_effect(records, later)
        and _maker(records, later) is later
    ]


def _made_once(record: ChangeRecord) -> bool:
    return record.kind in KINDS and KINDS[record.kind].made_once


def _later(records: Records, record: ChangeRecord) -> list[ChangeRecord]:
    return [each for each in records if each.id > record.id]


def _same(one: ChangeRecord, other: ChangeRecord) -> bool:
    """Whether they are about the same thing, be it in the same way or not."""
    return (one.kind, one.title) == (other.kind, other.title)


def _name(record: ChangeRecord) -> str:
    return f"Change {record.id} ({record.title})"
