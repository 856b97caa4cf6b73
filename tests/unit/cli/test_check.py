"""How findings are shown; that they are found is tested with the checks."""

from __future__ import annotations

import json
import os
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


@pytest.fixture
def lonely(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hosts file of a machine that is found to be ``BAD``."""
    if os.geteuid() != 0:
        pytest.skip("changes are for root only")
    monkeypatch.setattr("sunbeam.cli.check._examine", lambda *_: BAD)
    name, hosts = root / "proc/sys/kernel/hostname", root / "etc/hosts"
    for file in (name, hosts):
        file.parent.mkdir(parents=True)
    name.write_text("lonely\n")
    hosts.write_text("127.0.0.1 localhost\n")
    return hosts


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    """Exit code, standard output and standard error of ``sunbeam check``."""
    with pytest.raises(SystemExit) as ended:
        main(["check", *words])
    return ended.value.code, *capsys.readouterr()


LISTED = "fix own-name: add the machine's own name to /etc/hosts\n"


@pytest.mark.parametrize("quiet", [[], ["-q"]])
@pytest.mark.parametrize(
    ("words", "status", "code"), [([], "applied", 3), (["--dry-run"], "planned", 0)], ids=["fix", "dry run"]
)
def test_fixes_beside_data_leave_standard_output_one_document(
    lonely: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: str,
    code: int,
    quiet: list[str],
) -> None:
    ended, out, err = checked(capsys, "--fix", "--format", "json", *words, *quiet)
    told = json.loads(out)
    assert ended == code and [each["id"] for each in told["problems"]] == [
        "port-taken",
        "own-name-unresolved",
    ]
    what = "add the machine's own name to /etc/hosts"
    assert told["fixes"] == [{"id": "own-name", "what": what, "status": status}]
    assert err.startswith(LISTED) and ("Fix this machine" in err or "Done in" in err)
    assert ("lonely" in lonely.read_text()) is (status == "applied")


def test_a_fix_that_failed_is_data_too(lonely: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lonely.unlink()
    lonely.mkdir()
    ended, out, err = checked(capsys, "--fix", "--format", "yaml")
    assert ended == 1 and "Error: " in err
    assert [each["status"] for each in yaml.safe_load(out)["fixes"]] == ["failed"]


def test_without_a_fix_none_is_told(lonely: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = checked(capsys, "--format", "json")
    assert json.loads(out)["fixes"] == []


def test_who_wants_it_quiet_sees_the_fixes_before_they_are_applied(
    lonely: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = checked(capsys, "--fix", "-q")
    assert out.startswith(LISTED) and "Done in" in out and "lonely" in lonely.read_text()
