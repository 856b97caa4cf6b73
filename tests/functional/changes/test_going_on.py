"""Resume, retry and undo of recorded changes."""

from __future__ import annotations

import json
import os
import platform

from sunbeam.core.events import ChangePreviewed, parse_event
from tests.functional.changes.machine import Machine, ended, kill, on_a_terminal, read_until, until


def made(machine: Machine, name: str = "bread") -> None:
    machine.say()
    assert machine.do("make", name).code == 0
    machine.unsay()


def data(machine: Machine, name: str = "bread") -> str:
    return (machine.paths.state / f"{name}.data").read_text()


def test_resume_continues_the_newest_change_and_says_if_there_is_none(machine: Machine) -> None:
    assert "Nothing has been changed" in machine.do("resume").err
    machine.say("fail")
    assert machine.do("make", "bread").code == 1
    machine.say()
    assert machine.do("make", "wine").code == 0
    nothing = machine.do("resume")
    assert nothing.code == 2 and "not finished: 1" in nothing.err and "next: sunbeam resume 1" in nothing.err
    assert machine.do("resume", "1").code == 0
    assert [str(change.status) for change in machine.changes()] == ["done", "done"]


def test_retry_does_one_task_again_and_goes_on(machine: Machine) -> None:
    made(machine)
    unknown = machine.do("retry", "bake")
    assert unknown.code == 2 and "its tasks are write, wait, keep" in unknown.err
    listed = machine.do("retry", "keep", "--dry-run")
    assert listed.code == 0 and "Keep what people own" in listed.out and data(machine) == "line\n"
    machine.say()
    again = machine.do("retry", "keep")
    assert again.code == 0 and "Continue: Make bread" in again.out
    assert data(machine) == "line\nline\n"
    (change,) = machine.changes()
    assert [task.attempts for task in change.tasks] == [1, 2, 2]


def test_off_a_terminal_an_undo_that_loses_data_is_refused_whole(machine: Machine) -> None:
    made(machine)
    refused = machine.do("undo", "1")
    assert refused.code == 2 and "the lines of bread" in refused.err and data(machine)
    assert "next: sunbeam undo 1 --yes" in refused.err
    (change,) = machine.changes()
    assert change.status == "done" and not change.undoing
    listed = machine.do("undo", "1", "--dry-run")
    assert listed.out.splitlines() == [
        "Undo: Make bread: 3 tasks",
        f"On {platform.node()}",
        "",
        "Keep what people own",
        f"  remove {machine.paths.state}/bread.data",
        "Wait for a word",
        "  nothing to take back",
        "Write the settings",
        f"  remove {machine.paths.etc}/bread",
        "",
        "Risks",
        "  ! lost: the lines of bread",
        "",
        "Estimate: none, none of this was measured here.",
    ]
    assert machine.do("undo", "1", "--dry-run", "-q").out == "Undo: Make bread: 3 tasks\n"
    (line,) = machine.do("undo", "1", "--dry-run", "--output", "json").out.splitlines()
    event = parse_event(json.loads(line))
    assert isinstance(event, ChangePreviewed)
    assert [task.task for task in event.preview.tasks] == ["keep", "wait", "write"]
    assert data(machine)
    undone = machine.do("undo", "1", "--yes")
    assert undone.code == 0 and "Undo: Make bread" in undone.out
    assert not (machine.paths.state / "bread.data").exists() and not (machine.paths.etc / "bread").exists()
    assert "is undone already" in machine.do("undo", "1").err
    (change,) = machine.changes()
    assert change.status == "undone" and {str(task.status) for task in change.tasks} == {"undone"}
    made(machine)
    assert [str(change.status) for change in machine.changes()] == ["done", "undone"]


def test_on_a_terminal_the_person_is_asked_by_name(machine: Machine) -> None:
    made(machine)
    for answer, code, there in (("n", 2, True), ("y", 0, False)):
        pid, terminal = on_a_terminal(machine, "undo", "1")
        assert "the lines of bread" in read_until(terminal, "[y/N]")
        os.write(terminal, f"{answer}\n".encode())
        read_until(terminal, "Nothing was undone" if there else "Undone in")
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == code
        assert (machine.paths.state / "bread.data").exists() is there
        os.close(terminal)


def test_a_change_on_which_later_ones_build_waits_for_their_undo(machine: Machine) -> None:
    made(machine)
    assert machine.do("trust", "bread").code == 0
    refused = machine.do("undo", "1", "--yes")
    assert refused.code == 2 and "later changes build on it: 2 (Trust)" in refused.err
    assert "next: sunbeam undo 2" in refused.err
    assert machine.do("undo", "2").code == 0 and machine.do("undo", "1", "--yes").code == 0


def test_what_only_looked_at_an_earlier_change_is_not_undone_by_itself(machine: Machine) -> None:
    made(machine)
    made(machine)
    refused = machine.do("undo", "2", "--yes")
    assert refused.code == 2 and "change 1 made what this one looked at" in refused.err and data(machine)


def test_a_killed_undo_is_resumed_as_an_undo(machine: Machine) -> None:
    made(machine)
    (machine.root / "hang").touch()
    undoing = machine.begin("undo", "1", "--yes")
    until(lambda: '"Undo: Make bread"' in machine.log(1) and not machine.idle())
    until(lambda: machine.changes()[0].tasks[2].status == "undoing")
    kill(machine.making())
    assert ended(undoing).code == 1
    (machine.root / "hang").unlink()
    listed = machine.do("changes")
    assert "Undo: Make bread" in listed.out and "interrupted" in listed.out
    resumed = machine.do("resume")
    assert resumed.code == 0 and "Undo: Make bread" in resumed.out
    (change,) = machine.changes()
    assert change.status == "undone" and not (machine.paths.etc / "bread").exists()


def test_destroying_the_cloud_is_not_undone(machine: Machine) -> None:
    assert machine.do("undo", "7").code == 2
    made(machine)
    assert "There is no change 7" in machine.do("undo", "7").err
