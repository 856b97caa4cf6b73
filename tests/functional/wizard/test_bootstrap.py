"""The real command in an empty folder, up to where something would be changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.functional.wizard.terminal import CTRL_C, ENTER, PROJECT, Terminal
from tests.functional.wizard.test_sessions import NAME, REACHED, REVIEW, tree

BOOTSTRAP = ["sunbeam.cli.main", "cluster", "bootstrap"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def without_terminal(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SUNBEAM_ROOT": str(root)}
    words = [sys.executable, "-m", *BOOTSTRAP, *options]
    return subprocess.run(words, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=60)


def test_the_first_question_comes_at_once_and_leaving_the_review_leaves_no_trace(root: Path) -> None:
    began = time.monotonic()
    terminal = Terminal(BOOTSTRAP, root)
    terminal.see(NAME)
    assert time.monotonic() - began < 30
    terminal.type(ENTER)
    terminal.see("At which address")
    terminal.type(ENTER)
    terminal.see(REACHED)
    terminal.type(ENTER)
    shown = terminal.see(REVIEW)
    assert "network.address" in shown and "detected" in shown
    terminal.type(CTRL_C)
    code, words = terminal.end()
    assert (code, "nothing was changed" in words) == (130, True)
    assert tree(root) == {}


def test_without_a_terminal_missing_answers_are_told_with_wrong_ones(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("network:\n  external:\n    interface: nosuch0\n")
    done = without_terminal(root, "--manifest", str(file))
    assert done.returncode == 3
    assert "network.external.range: an answer is needed" in done.stderr
    assert "there is no interface nosuch0" in done.stderr
    assert done.stdout == ""
    assert tree(root) == {}


def test_without_a_terminal_answers_that_the_machine_contradicts_are_problems(
    root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("network:\n  external:\n    interface: nosuch0\n")
    done = without_terminal(root, "--manifest", str(file), "--external-range", "203.0.113.0/24")
    assert done.returncode == 3
    assert "there is no interface nosuch0" in done.stderr and "nothing was changed" in done.stderr
    assert tree(root) == {}


def test_a_wrong_file_is_told_before_any_question(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("nmae: edge\n")
    terminal = Terminal([*BOOTSTRAP, "--manifest", str(file)], root)
    code, words = terminal.end()
    assert (code, "unknown key nmae" in words) == (3, True)
    assert tree(root) == {}


def test_an_option_that_no_answer_can_put_right_is_told_before_any_question(root: Path) -> None:
    code, words = Terminal([*BOOTSTRAP, "--address", "0.0.0.0"], root).end()
    assert (code, "0.0.0.0 is no address of a machine" in words, NAME in words) == (3, True, False)
    assert tree(root) == {}


def test_a_dry_run_asks_if_everything_is_to_be_asked(root: Path) -> None:
    terminal = Terminal([*BOOTSTRAP, "--advanced", "--dry-run"], root)
    assert "1 of 22" in terminal.see(NAME)
    terminal.type(CTRL_C)
    assert terminal.end()[0] == 130
    assert tree(root) == {}


def test_nothing_is_asked_about_what_a_file_says(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("name: edge\nnetwork:\n  address: 192.0.2.7\n")
    terminal = Terminal([*BOOTSTRAP, "--manifest", str(file)], root)
    assert "1 of 1" in terminal.see(REACHED)
    terminal.type(CTRL_C)
    assert terminal.end()[0] == 130
    assert tree(root) == {}
