from __future__ import annotations

from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.web.change_feed import ChangeFeed
from tests.unit.web import recorded


def test_nothing_was_ever_changed(paths: Paths) -> None:
    feed = ChangeFeed(paths)
    assert feed.newest() is None and not feed.starting() and feed.past() == []


def test_a_finished_change(paths: Paths) -> None:
    recorded.write(paths)
    change = ChangeFeed(paths).newest()
    assert change is not None and change.status is ChangeStatus.DONE
    assert (change.kind, len(change.tasks), change.progress.finished) == ("cluster bootstrap", 28, 28)
    assert round(change.seconds) == 210 and change.left(0) == 0


def test_a_change_is_followed_as_its_log_grows(paths: Paths) -> None:
    feed = ChangeFeed(paths)
    with change_lock(paths.change_lock) as held:
        assert feed.starting()
        held.tell(1)
        for lines in range(1, len(recorded.LINES)):
            file = recorded.write(paths, lines)
            change = feed.newest()
            assert change is not None and change.running and not feed.starting()
            assert feed.stamp() != "" and file.exists()
        assert change is not None and change.progress.finished == 28
        before = feed.stamp()
        recorded.write(paths)
        assert feed.stamp() != before
    done = feed.newest()
    assert done is not None and done.status is ChangeStatus.DONE


def test_a_line_that_is_being_written_waits_for_its_end(paths: Paths) -> None:
    feed = ChangeFeed(paths)
    file = recorded.write(paths, 1)
    with file.open("a") as log:
        log.write(recorded.LINES[1][:40])
    assert feed.newest() is not None
    with file.open("a") as log:
        log.write(recorded.LINES[1][40:])
    change = feed.newest()
    assert change is not None and change.progress.tasks["packages"].status is TaskStatus.DOING


def test_lines_of_another_version_are_ignored(paths: Paths) -> None:
    file = recorded.write(paths, 3)
    recorded.append(file, type="from-the-future", what=1)
    recorded.append(file, type="task-finished")
    with file.open("a") as log:
        log.write("no json\n[]\n")
    change = ChangeFeed(paths).newest()
    assert change is not None and len(change.tasks) == 28


def test_a_change_that_nobody_does_was_cut_off_and_can_be_continued(paths: Paths) -> None:
    file = recorded.write(paths, 40)
    feed = ChangeFeed(paths)
    change = feed.newest()
    assert change is not None and change.status is ChangeStatus.INTERRUPTED and change.resumable
    with change_lock(paths.change_lock) as held:
        assert feed.starting()
        held.tell(1)
        file.write_text(file.read_text() + recorded.LINES[0])
        change = feed.newest()
        assert change is not None and change.running and change.progress.finished == 0
        assert not feed.starting()


def test_the_newest_log_is_the_one_written_last(paths: Paths) -> None:
    recorded.write(paths, change=7)
    recorded.write(paths, change=2)
    assert (paths.change_logs / "notes.txt").write_text("x")
    change = ChangeFeed(paths).newest()
    assert change is not None and change.number == 2


def test_past_changes_come_from_the_journal(paths: Paths) -> None:
    journal = Journal(paths.journal)
    task = TaskRecord("a", "A", (), TaskStatus.PENDING)
    for number in range(10):
        change = journal.begin("test", f"Change {number}", {}, [task], "2026-11-21T12:00:00Z")
        journal.finish(change, ChangeStatus.FAILED, "2026-11-21T12:00:01Z", "It failed\n  why: of this")
    journal.begin("test", "Cut off", {"x": 1}, [task], "2026-11-21T12:00:02Z")
    journal.close()
    past = ChangeFeed(paths).past()
    assert [each.status for each in past[:2]] == ["interrupted", "failed"]
    assert past[1].error == "It failed" and len(past) == 8


def test_while_an_old_change_is_undone_the_newer_one_stays_cut_off(paths: Paths) -> None:
    journal = Journal(paths.journal)
    task = TaskRecord("a", "A", (), TaskStatus.PENDING)
    for number in (1, 2):
        journal.begin("test", f"Change {number}", {"n": number}, [task], "2026-11-21T12:00:00Z")
    journal.undo(1)
    journal.close()
    feed = ChangeFeed(paths)
    with change_lock(paths.change_lock) as held:
        assert [each.status for each in feed.past()] == ["interrupted", "interrupted"]
        held.tell(1)
        assert [(each.number, each.status) for each in feed.past()] == [(2, "interrupted"), (1, "doing")]


def test_a_dead_change_is_not_brought_to_life_by_another_ones_lock(paths: Paths) -> None:
    recorded.write(paths, 40)
    feed = ChangeFeed(paths)
    with change_lock(paths.change_lock) as held:
        for other in (0, 2):
            held.tell(other)
            change = feed.newest()
            assert change is not None and change.status is ChangeStatus.INTERRUPTED and feed.starting()
