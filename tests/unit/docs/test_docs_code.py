"""What pages tell a person to type exists and parses."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml

from tests.unit.docs.book import ROOT, Page, commands, pages, subcommands

SUNBEAM = re.compile(r"(?:^|(?<=[\s(`\"]))(?<!--os-cloud )sunbeam ([a-z-][^`|;&)#\n]*)")
RUN = re.compile(r"\./run ([a-z0-9-]+)")
WORD = re.compile(r"[a-z][a-z-]*")
OPTION = re.compile(r"(?<=\s)--?[a-z][a-z-]*")

known = cache(commands)


def names_a_command(words: str) -> bool:
    """Whether the words after ``sunbeam`` are a command of ours with options that it has."""
    found, command = "", None
    for word in re.split(r"[\s,:]+", words):
        if command is not None and not subcommands(command):
            break
        if not WORD.fullmatch(word):
            break
        found = f"{found} {word}".strip()
        command = known().get(found)
        if command is None:
            return False
    return all(option in options(command) for option in OPTION.findall(f" {words}"))


def options(command: Any) -> set[str]:
    own = {name for param in getattr(command, "params", ()) for name in (*param.opts, *param.secondary_opts)}
    return own | {"--help", "--install-completion"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_command_exists(page: Page) -> None:
    named = [words.strip() for code in page.code() for words in SUNBEAM.findall(code)]
    assert [words for words in named if not names_a_command(words)] == []


def test_a_command_that_is_not_there_is_found() -> None:
    assert not names_a_command("cluster resize")
    assert not names_a_command("cluster bootstrap --forever")
    assert names_a_command("cluster bootstrap --dry-run")
    assert names_a_command("tasks 1 --log")


def test_every_command_of_run_exists() -> None:
    script = (ROOT / "run").read_text()
    exist = set(re.findall(r"^  ([a-z0-9-]+)\)", script, re.MULTILINE))
    named = {name for page in pages() for code in page.code() for name in RUN.findall(code)}
    assert named and named <= exist


def test_shell_snippets_parse() -> None:
    snippets = [(page.name, block) for page in pages() for block in page.blocks("sh")]
    script = "\n".join(f"part_{number}() {{\n{block}\n}}" for number, (_, block) in enumerate(snippets))
    checked = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True)
    wrong = [name for name, block in snippets if checked.returncode and not _parses(block)]
    assert (wrong, checked.stderr) == ([], "")


def _parses(block: str) -> bool:
    return subprocess.run(["sh", "-n"], input=block, text=True, capture_output=True).returncode == 0


def test_python_snippets_compile() -> None:
    snippets = [(page.name, block) for page in pages() for block in page.blocks("python")]
    assert snippets
    for name, block in snippets:
        compile(block, name, "exec")


def test_every_action_that_is_named_exists() -> None:
    named = {name for page in pages() for name in re.findall(r'run_action\("([\w-]+)"\)', page.text)}
    charms = [yaml.safe_load(file.read_text()) for file in (ROOT / "charms").glob("*/charmcraft.yaml")]
    assert named and named <= {action for charm in charms for action in charm.get("actions") or {}}
