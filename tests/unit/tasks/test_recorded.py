"""Which changes go on and which are undone, by the journal alone."""

from __future__ import annotations

import pytest

from sunbeam.core.errors import UsageError
from sunbeam.core.journal import ChangeRecord, TaskRecord
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.tasks.recorded import check_continued, check_undone, find, to_continue

TITLES = {"cluster bootstrap": "Bootstrap the cloud", "configure": "Configure the cloud"}


def record(
    number: int, kind: str, *, title: str = "", status: str = "done", task: str = "done", finished: int = 0
) -> ChangeRecord:
    """Change ``number`` was begun at that hour and ended in the next, or at hour ``finished``."""
    done = TaskRecord("t", "T", (), TaskStatus(task), attempts=1)
    return ChangeRecord(
        number, kind, title or TITLES.get(kind, kind), {}, ChangeStatus(status), f"2026-01-01T{number:02}:00",
        f"2026-01-01T{finished or number + 1:02}:00", tasks=(done,),
    )  # fmt: skip


def refusal(records: list[ChangeRecord], number: int) -> str:
    with pytest.raises(UsageError) as refused:
        check_undone(records[::-1], find(records, number))
    return str(refused.value)


def allowed(records: list[ChangeRecord], number: int) -> None:
    check_undone(records[::-1], find(records, number))


CLOUD = record(1, "cluster bootstrap")
CONFIGURED = record(2, "configure")
VM = record(3, "launch", title="Launch first")


def test_what_a_vm_needs_is_not_undone_below_it() -> None:
    told = refusal([CLOUD, CONFIGURED, VM], 1)
    assert "2 (Configure the cloud), 3 (Launch first)" in told and "next: sunbeam undo 3" in told
    assert "next: sunbeam undo 3" in refusal([CLOUD, CONFIGURED, VM], 2)
    allowed([CLOUD, CONFIGURED, VM], 3)


@pytest.mark.parametrize(
    ("status", "task"), [("undone", "undone"), ("done", "unchanged"), ("failed", "pending")]
)
def test_what_has_no_effect_does_not_stand_in_the_way(status: str, task: str) -> None:
    allowed([CLOUD, record(2, "configure", status=status, task=task)], 1)


def test_half_of_a_change_stands_in_the_way_as_well() -> None:
    assert "undo 2" in refusal([CLOUD, record(2, "configure", status="failed", task="doing")], 1)


def test_a_change_of_what_is_there_is_not_undone_by_itself() -> None:
    again = record(3, "cluster bootstrap")
    told = refusal([CLOUD, CONFIGURED, again], 3)
    assert "change 1 made what this one looked at or changed" in told and "sunbeam manifest list" in told
    allowed([CLOUD, again], 1)


def test_vms_are_things_of_their_own() -> None:
    second, again = record(4, "launch", title="Launch second"), record(5, "launch", title="Launch first")
    allowed([CLOUD, VM, second, again], 4)
    allowed([CLOUD, VM, second, again], 3)
    assert "next: sunbeam undo 3" in refusal([CLOUD, VM, second, again], 5)


def test_what_was_undone_takes_along_the_changes_that_only_changed_it() -> None:
    undone = record(2, "configure", status="undone", task="undone", finished=8)
    changed = record(4, "configure")
    allowed([CLOUD, undone, changed], 1)
    new = record(9, "configure")
    assert "later changes build on it: 9 (Configure the cloud)" in refusal([CLOUD, undone, changed, new], 1)
    allowed([CLOUD, undone, changed, new], 9)


def test_settings_that_replace_each_other_are_undone_newest_first() -> None:
    first, second = record(2, "proxy set"), record(3, "proxy clear")
    assert "next: sunbeam undo 3" in refusal([CLOUD, first, second], 2)
    allowed([CLOUD, first, second], 3)


@pytest.mark.parametrize(
    ("kind", "instead"),
    [
        ("cluster stop", "sunbeam cluster start"),
        ("cluster start", "sunbeam cluster stop"),
        ("cluster destroy", "sunbeam cluster bootstrap"),
        ("image build", "sunbeam image build"),
        ("of another version", "sunbeam changes"),
    ],
)
def test_some_changes_are_never_undone(kind: str, instead: str) -> None:
    told = refusal([record(1, kind)], 1)
    assert "  why: " in told and f"next: {instead}" in told


@pytest.mark.parametrize("kind", ["cluster destroy", "cluster stop", "fix"])
@pytest.mark.parametrize("up", ["cluster bootstrap", "cluster start"])
def test_what_would_spoil_a_cloud_that_came_up_since_does_not_go_on(kind: str, up: str) -> None:
    cut_off = record(2, kind, status="failed", task="failed")
    for cloud in (record(3, up), record(1, up, finished=9)):
        with pytest.raises(UsageError, match="cannot go on") as refused:
            check_continued([cloud, cut_off], cut_off)
        assert refused.value.next_command in (f"sunbeam {kind}", "sunbeam check --fix")
        assert to_continue([cloud, cut_off]) == []
    for harmless in (record(1, up), record(3, up, status="failed"), record(3, "launch")):
        check_continued([harmless, cut_off], cut_off)
        assert cut_off in to_continue([harmless, cut_off])


def test_a_change_that_a_later_one_replaced_does_not_go_on() -> None:
    failed, later = record(1, "cluster bootstrap", status="failed"), record(2, "cluster bootstrap")
    with pytest.raises(UsageError, match="cannot go on"):
        check_continued([later, failed], failed)
    check_continued([later, failed], later)
    check_continued([VM, failed], failed)
