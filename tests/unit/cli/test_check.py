"""How findings are shown; that they are found is tested with the checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import Examination, Outcome
from sunbeam.cli.check import _fixes, _show
from sunbeam.cli.main import main
from sunbeam.cli.session import Output
from sunbeam.cli.tables import Format
from sunbeam.core.errors import Problem
from sunbeam.core.node import Node
from sunbeam.core.paths import Paths

TAKEN = Problem(
    "port 443 is taken",
    "0.0.0.0:443",
    "nginx listens on it",
    "ss -ltnp",
    id="port-taken",
    evidence="nginx -g x",
)
NAME = Problem(
    "no own name", "/etc/hosts", "it waits", "echo", "warning", id="own-name-unresolved", fix="own-name"
)
GOOD = Examination(tuple(Outcome(check) for check in CHECKS[:3]))
BAD = Examination((Outcome(CHECKS[0], (NAME,), 0.25), Outcome(CHECKS[1], (TAKEN, NAME)), Outcome(CHECKS[2])))


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = Node(Paths(tmp_path))
    made.redactor.add("nginx -g x")
    return made


def shown(
    capsys: pytest.CaptureFixture[str],
    found: Examination,
    node: Node,
    format: Format = Format.TABLE,
    output: Output = Output.TEXT,
) -> str:
    _show(found, node, format, output)
    return capsys.readouterr().out


def test_a_good_machine_is_one_line_of_what_was_looked_at(
    capsys: pytest.CaptureFixture[str], node: Node
) -> None:
    out = shown(capsys, GOOD, node)
    assert out == ("Nothing found by 3 of 3 checks: root rights, the distribution, the Python version.\n")


def test_errors_come_first_with_what_to_type(capsys: pytest.CaptureFixture[str], node: Node) -> None:
    head, error, warning, blank, summary = shown(capsys, BAD, node).splitlines()
    assert head.split() == ["severity", "problem", "evidence", "fix"]
    assert error.startswith("error") and "port 443 is taken: nginx listens on it" in error
    assert error.rstrip().endswith("ss -ltnp")
    assert warning.startswith("warning") and warning.rstrip().endswith("sunbeam check --fix")
    assert not blank and summary.startswith("Nothing found by 1 of 3 checks")


@pytest.mark.parametrize(("format", "load"), [(Format.JSON, json.loads), (Format.YAML, yaml.safe_load)])
def test_everything_as_data_without_secrets(
    capsys: pytest.CaptureFixture[str], node: Node, format: Format, load: object
) -> None:
    out = shown(capsys, BAD, node, format)
    assert "nginx -g x" not in out
    data = load(out)  # type: ignore[operator]
    assert data["checks"][0] == {
        "id": "root", "title": "root rights", "status": "warning", "seconds": 0.25,
    }  # fmt: skip
    assert [each["status"] for each in data["checks"]] == ["warning", "error", "good"]
    assert [(each["id"], each["fix"]) for each in data["problems"]] == [
        ("port-taken", ""),
        ("own-name-unresolved", "own-name"),
    ]


def test_findings_as_events(capsys: pytest.CaptureFixture[str], node: Node) -> None:
    lines = [json.loads(line) for line in shown(capsys, BAD, node, output=Output.JSON).splitlines()]
    assert [(line["type"], line["id"]) for line in lines] == [
        ("problem-found", "port-taken"),
        ("problem-found", "own-name-unresolved"),
    ]
    assert all(line["schema"] == 1 and line["change"] == 0 for line in lines)


def test_who_wants_it_quiet_gets_errors_and_their_number(
    capsys: pytest.CaptureFixture[str], node: Node
) -> None:
    assert shown(capsys, GOOD, node, output=Output.QUIET) == "0 errors and 0 warnings by 3 checks\n"
    error, count = shown(capsys, BAD, node, output=Output.QUIET).splitlines()
    assert error.startswith("error  port 443 is taken: nginx listens on it") and error.endswith("ss -ltnp")
    assert count == "1 error and 1 warning by 3 checks"


@pytest.mark.usefixtures("root")
def test_mistakes_of_the_manifest_are_data_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("regoin: North\n")
    with pytest.raises(SystemExit) as ended:
        main(["check", "-m", str(file), "--format", "json"])
    out, err = capsys.readouterr()
    (problem,) = json.loads(out)["problems"]
    assert ended.value.code == 3 and problem["id"] == "manifest-mistake" and "1 mistake" in err


def test_what_only_root_sees_is_said(capsys: pytest.CaptureFixture[str], node: Node) -> None:
    found = Examination((Outcome(CHECKS[0]), Outcome(CHECKS[1], skipped="only root can tell")))
    assert "Only root can check: the distribution.  Type: sudo sunbeam check" in shown(capsys, found, node)


def test_a_fix_that_two_findings_name_is_applied_once() -> None:
    assert _fixes(BAD) == ["own-name"] and _fixes(GOOD) == []
