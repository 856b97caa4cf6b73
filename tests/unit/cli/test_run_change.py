from __future__ import annotations

import json
import os
import platform
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sunbeam.core.events import ChangePreviewed, parse_event
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from tests.unit.cli.conftest import Run
from tests.unit.cli.program import SECRET, main


def test_off_a_terminal_each_event_is_a_plain_line(program: Run, root: Path) -> None:
    ended = program("wait")
    lines = [line.partition("] ")[2] for line in ended.stdout.splitlines()]
    assert ended.returncode == 0 and lines[:3] == [
        "Test things",
        "✓ Write the settings",
        "  waiting: nova/0: waiting for the database",
    ]
    assert lines[3].startswith("✓ Work (") and lines[4].startswith("Done in ")
    again = program("wait")
    assert "= Write the settings" in again.stdout


def test_json_lines_have_the_documented_fields(program: Run) -> None:
    ended = program("warn", "--json")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {event["schema"] for event in events} == {1}
    assert [event["type"] for event in events] == [
        "problem-found",
        "change-started",
        "task-started",
        "host-changed",
        "host-changed",
        "task-finished",
        "task-started",
        "task-finished",
        "change-finished",
    ]
    assert events[0]["severity"] == "warning" and events[-1]["status"] == "done"


@pytest.mark.parametrize(
    ("words", "problems"),
    [(["preflight"], 3), (["preflight", "--dry-run"], 3), (["fail"], 0), (["person"], 0)],
)
def test_json_lines_tell_an_error_once(program: Run, words: list[str], problems: int) -> None:
    ended = program(*words, "--json")
    types = [json.loads(line)["type"] for line in ended.stdout.splitlines()]
    assert ended.returncode and types.count("problem-found") == problems
    assert types.count("change-finished") == (0 if problems else 1)


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        (
            "fail",
            1,
            ["Error: It does not work", "where: nova/0", "why: ******** is wrong", "next: sunbeam fail"],
        ),
        ("bug", 1, ["Work: failed", "KeyError: 'nova'", "where: program.py, line"]),
        ("preflight", 3, ["2 problems found; nothing was changed", "the disk is full", "next: df -h"]),
        ("person", 4, ["Plug the cable in"]),
    ],
)
def test_each_ending_has_its_exit_code_and_its_words(
    program: Run, root: Path, what: str, code: int, words: list[str]
) -> None:
    ended = program(what)
    assert ended.returncode == code
    for word in words:
        assert word in ended.stderr
    everything = ended.stdout + ended.stderr + "".join(contents(root))
    assert SECRET not in everything and "Traceback" not in ended.stderr


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_each_problem_is_printed_once(program: Run, options: list[str]) -> None:
    ended = program("preflight", *options)
    assert "Warning: it is late" in ended.stdout and "it is late" not in ended.stderr
    assert "the disk is full" in ended.stderr and "the disk is full" not in ended.stdout


@pytest.mark.parametrize("there", ["", "var/lib", "var/lib/sunbeam/images"])
def test_a_refusal_leaves_a_machine_as_it_was(program: Run, root: Path, there: str) -> None:
    if there:
        (root / there).mkdir(parents=True)
    before = sorted(root.parent.rglob("*"))
    assert program("preflight").returncode == 3
    assert sorted(root.parent.rglob("*")) == before


@pytest.mark.usefixtures("program")
def test_what_is_stopped_before_it_begins_leaves_a_machine_as_it_was(root: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.cli.program", "look"], stderr=subprocess.PIPE
    )
    while not Paths(root).worker_log.exists():
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130 and b"Interrupted" in told
    assert not root.exists()


def test_a_refusal_leaves_the_record_of_other_changes(program: Run, root: Path) -> None:
    assert program("calm").returncode == 0
    assert program("preflight").returncode == 3
    journal = Journal(Paths(root).journal)
    assert len(journal.changes()) == 1
    journal.close()


def contents(root: Path) -> list[str]:
    return [path.read_bytes().decode(errors="replace") for path in root.rglob("*") if path.is_file()]


def test_the_log_keeps_tracebacks_and_no_secret(program: Run, root: Path) -> None:
    program("bug")
    log = Paths(root).logs / "sunbeam.log"
    assert "KeyError: 'nova'" in log.read_text() and "Traceback" in log.read_text()
    assert "working with ********" in log.read_text() and log.stat().st_mode & 0o777 == 0o600
    (events,) = Paths(root).change_logs.iterdir()
    assert [json.loads(line)["type"] for line in events.read_text().splitlines()][-1] == "change-finished"


def test_a_dry_run_lists_and_leaves_no_trace(program: Run, root: Path) -> None:
    ended = program("calm", "--dry-run")
    assert ended.returncode == 0 and not root.exists()
    assert [line.replace(str(root), "") for line in ended.stdout.splitlines()] == [
        "Test things: 2 tasks",
        f"On {platform.node()}",
        "",
        "Write the settings",
        "  make folder /etc/sunbeam",
        "  write /etc/sunbeam/a.conf",
        "Work",
        "",
        "Estimate: none, none of this was measured here.",
    ]


def test_a_dry_run_in_json_is_one_event_that_can_be_read_back(program: Run, root: Path) -> None:
    ended = program("calm", "--dry-run", "--json")
    (line,) = ended.stdout.splitlines()
    event = parse_event(json.loads(line))
    assert isinstance(event, ChangePreviewed) and not root.exists()
    assert [task.task for task in event.preview.tasks] == ["write", "work"]
    assert event.preview.node == platform.node()
    assert [(touch.kind, touch.verb) for touch in event.preview.tasks[0].foresight.touches] == [
        ("folder", "make folder"),
        ("file", "write"),
    ]


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_with_130_and_the_same_command_continues(
    program: Run, root: Path, word: signal.Signals
) -> None:
    argv = [sys.executable, "-u", "-m", "tests.unit.cli.program", "hang"]
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    while "Write the settings" not in running.stdout.readline():
        pass
    running.send_signal(word)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130 and "Error: Interrupted\n  next: sunbeam hang" in told
    ended = program("calm")
    assert "Continue: Test things" in ended.stdout and ended.returncode == 0
    journal = Journal(Paths(root).journal)
    assert [str(change.status) for change in journal.changes()] == ["done"]
    journal.close()


def test_a_reader_that_goes_away_does_not_stop_the_work(program: Run, root: Path) -> None:
    argv = [sys.executable, "-u", "-m", "tests.unit.cli.program", "wait", "--json"]
    running = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert running.stdout is not None and b"change-started" in running.stdout.readline()
    running.stdout.close()
    assert running.wait(timeout=30) == 0
    journal = Journal(Paths(root).journal)
    assert [str(change.status) for change in journal.changes()] == ["done"]
    journal.close()


def test_on_a_terminal_what_runs_is_shown_with_what_it_awaits(program: Run) -> None:
    shown = bytearray()

    def read(descriptor: int) -> bytes:
        shown.extend(data := os.read(descriptor, 65536))
        return data

    os.environ["TERM"] = "xterm"
    status = pty.spawn([sys.executable, "-m", "tests.unit.cli.program", "wait"], read)
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode())
    assert os.waitstatus_to_exitcode(status) == 0
    assert "●" in text and "nova/0: waiting for the database" in text
    assert "1 of 2 tasks" in text and "✓ Work" in text and "Done in" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_without_root_it_says_sudo(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            main("calm")
        except SystemExit as ended:
            os._exit(int(ended.code or 0))
    _, status = os.waitpid(child, 0)
    told = capfd.readouterr().err
    assert os.WEXITSTATUS(status) == 2 and "Error: Not root" in told and "next: sudo sunbeam" in told
