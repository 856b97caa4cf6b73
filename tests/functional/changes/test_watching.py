"""The command that began a change may go; the change stays, and others follow it to its end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.functional.changes.machine import Machine, ended, kill, on_a_terminal, read_until, until


@pytest.mark.parametrize(("word", "code"), [("go", 0), ("fail", 1)])
def test_after_a_lost_terminal_attach_follows_to_the_end_and_its_exit_code(
    machine: Machine, word: str, code: int
) -> None:
    pid, terminal = on_a_terminal(machine, "make", "bread")
    read_until(terminal, "Wait for a word")
    worker = machine.worker()
    os.close(terminal)  # the kernel sends SIGHUP, as it does when a connection is lost
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGHUP
    assert machine.worker() == worker

    following = machine.begin("attach")
    assert following.stdout is not None
    before = following.stdout.readline() + following.stdout.readline()
    assert "Make bread" in before
    machine.say(word)
    told = ended(following)
    assert told.code == code
    if code:
        assert "Error: It was the wrong word\n  where: the root folder" in told.err
    else:
        assert "Keep what people own" in told.out and "Done in" in told.out
    (change,) = machine.changes()
    assert change.status == ("failed" if code else "done")
    assert machine.do("attach").code == code and machine.do("attach", "1").code == code


def test_the_same_command_follows_what_is_made_already(machine: Machine) -> None:
    first = machine.begin("make", "bread")
    machine.worker()
    second, other = machine.begin("make", "bread"), machine.do("make", "wine")
    assert other.code == 1 and "Another change is running" in other.err
    assert "next: sunbeam attach" in other.err
    assert second.stdout is not None and "Make bread" in second.stdout.readline()
    machine.say()
    assert ended(first).code == ended(second).code == 0
    assert [change.title for change in machine.changes()] == ["Make bread"]


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("attached", [False, True])
def test_interrupted_in_a_watcher_the_change_ends_with_130(
    machine: Machine, word: signal.Signals, attached: bool
) -> None:
    watchers = [machine.begin("make", "bread")]
    worker = machine.worker()
    if attached:
        watchers.append(machine.begin("attach"))
        assert watchers[1].stdout is not None and watchers[1].stdout.readline()
    watchers[-1].send_signal(word)
    told = [ended(each) for each in watchers]
    assert [each.code for each in told] == [130] * len(told)
    assert all("Error: Interrupted" in each.err for each in told)
    assert machine.idle() and not Path(f"/proc/{worker}").exists()
    (change,) = machine.changes()
    assert change.status == "interrupted"
    machine.say()
    resumed = machine.do("resume")
    assert resumed.code == 0 and "Continue: Make bread" in resumed.out


def test_interrupted_at_its_very_beginning_nothing_goes_on(machine: Machine) -> None:
    for _ in range(4):
        running = machine.begin("make", "bread")
        until(machine.paths.change_lock.exists)
        running.send_signal(signal.SIGINT)
        told = ended(running)
        assert told.code == 130 and "Error: Interrupted" in told.err and "Traceback" not in told.err
        assert machine.idle()
        machine.paths.change_lock.unlink(missing_ok=True)


def test_a_second_interrupt_does_not_wait_for_the_end(machine: Machine) -> None:
    (machine.root / "stubborn").touch()
    running = machine.begin("make", "bread")
    machine.worker()
    running.send_signal(signal.SIGINT)
    until(lambda: "taking my time" in machine.log(1))
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    told = ended(running)
    assert told.code == 130 and "Not waited for the end" in told.err and "sunbeam attach" in told.err
    assert not machine.idle()
    (machine.root / "stubborn").unlink()
    assert machine.do("attach").code == 130


def test_what_is_made_is_not_undone_meanwhile(machine: Machine) -> None:
    making = machine.begin("make", "bread")
    machine.worker()
    told = machine.do("undo", "1", "--yes")
    assert told.code == 1 and "Another change is running" in told.err
    machine.say()
    assert ended(making).code == 0


def test_a_killed_watcher_leaves_the_change_running(machine: Machine) -> None:
    watcher = machine.begin("make", "bread")
    worker = machine.worker()
    kill(watcher.pid)
    ended(watcher)
    assert machine.worker() == worker
    machine.say()
    until(machine.idle)
    (change,) = machine.changes()
    assert change.status == "done"
    assert machine.do("attach").code == 0


def test_a_killed_worker_is_told_and_the_same_command_continues(machine: Machine) -> None:
    watcher = machine.begin("make", "bread")
    kill(machine.worker())
    told = ended(watcher)
    assert told.code == 1 and "Error: The change was cut off" in told.err
    assert "signal 9 killed its process" in told.err and "next: sunbeam make bread" in told.err
    late = machine.do("attach")
    assert late.code == 1 and "next: sunbeam resume" in late.err
    machine.say()
    assert "Continue: Make bread" in machine.do("make", "bread").out
    (change,) = machine.changes()
    assert change.status == "done" and [task.attempts for task in change.tasks] == [1, 2, 1]


def test_there_is_nothing_to_attach_to_on_a_new_machine(machine: Machine) -> None:
    told = machine.do("attach")
    assert told.code == 2 and "Nothing has been changed on this machine" in told.err
