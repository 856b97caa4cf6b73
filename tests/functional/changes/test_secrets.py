"""No secret that a change knows leaves it: not in any output, log, journal, page or error."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.functional.changes.machine import Ended, Machine
from tests.functional.changes.secretive import SECRETS

MODULE = "tests.functional.changes.secretive"
LINES = [line for secret in SECRETS for line in secret.splitlines()]
PARTS = [part for line in LINES for part in (line, json.dumps(line)[1:-1])]
CODES = {"well": 0, "error": 1, "bug": 1, "program": 1, "person": 4, "engine": 1}


@pytest.fixture
def secretive(machine: Machine) -> Machine:
    return Machine(machine.root, MODULE)


def spilled(machine: Machine, told: list[Ended], *more: Path) -> dict[str, str]:
    """Each part of a secret that is in an output or a file, and where."""
    places = {f"output {number}": each.out + each.err for number, each in enumerate(told)}
    for folder in (machine.root, *more):
        for path in folder.rglob("*"):
            if path.is_file():
                places[str(path)] = path.read_bytes().decode(errors="replace")
    return {part: place for place, text in places.items() for part in PARTS if part in text}


@pytest.mark.parametrize("how", CODES)
def test_no_output_log_journal_or_page_has_a_secret(secretive: Machine, tmp_path: Path, how: str) -> None:
    told = [secretive.do("spill", how, "text", "--dry-run")]
    told += [secretive.do("spill", how, output) for output in ("text", "verbose", "json", "quiet")]
    assert [each.code for each in told[1:]] == [CODES[how]] * 4, told
    assert "********" in told[1].out and "********" in told[3].out
    if how != "well":
        assert "********" in told[1].err and "Traceback" not in told[1].err
    report = tmp_path / "pages" / "report.html"
    report.parent.mkdir()
    for line in (
        "changes --format json", "tasks 1", "tasks 1 --format yaml", "tasks 1 --log", "attach",
        "attach 1 --output json", f"report 1 {report}", "retry end", "undo 1", "undo 1 --dry-run",
        "undo 1 --yes", "resume 1",
    ):  # fmt: skip
        told.append(secretive.do(*line.split()))
    log = (secretive.paths.logs / "sunbeam.log").read_text()
    if how != "engine":
        assert "what ******** opens" in told[-4].err
        assert "Error: ******** cannot be undone" in told[-2].err and told[-1].code == 1
        assert "logged ********" in log and "printed ********" in log and "warned of ********" in log
    if how in ("bug", "engine"):
        assert "Traceback" in log
    assert report.exists() and spilled(secretive, told, report.parent) == {}


def test_everything_that_is_written_is_for_root_alone(secretive: Machine) -> None:
    secretive.do("spill", "well", "text")
    logs = [secretive.paths.journal, *secretive.paths.logs.rglob("*.*")]
    assert len(logs) >= 3
    for path in logs:
        assert path.stat().st_mode & 0o077 == 0 and path.stat().st_uid == os.geteuid(), path
