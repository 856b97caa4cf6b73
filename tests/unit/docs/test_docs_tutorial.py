"""Every block of the tutorial is run on a cloud (tests/e2e/test_docs.py) or says why it is not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.docs.tutorial import TUTORIAL, Block, blocks, script

FAKE = """#!/bin/sh
if [ "$*" = openrc ]; then echo 'export OS_USERNAME=admin'; exit; fi
echo "${0##*/} $* ${OS_USERNAME:-nobody} ${OS_CLIENT_CONFIG_FILE:-nothing}"
"""


def test_every_block_is_run_or_marked() -> None:
    found = blocks(TUTORIAL.text)
    assert [block.code for block in found] == TUTORIAL.blocks("sh")
    assert [block for block in found if not block.is_safe] == []
    assert any(block.is_run for block in found)


@pytest.mark.parametrize(
    ("mark", "line"),
    [
        ("", "sunbeam cluster destroy"),
        ("", "openstack --os-cloud demo server delete first"),
        ("", "sunbeam changes; sunbeam cluster stop"),
        ("", 'eval "$(sunbeam launch)"'),
        ("", "sudo -s"),
        ("not run:", "sunbeam changes"),
        ("so be it", "sunbeam changes"),
    ],
)
def test_a_block_that_is_neither_is_found(mark: str, line: str) -> None:
    (block,) = blocks(f"<!-- {mark} -->\n```sh\n{line}\n```\n" if mark else f"```sh\n{line}\n```\n")
    assert block == Block(mark, f"{line}\n") and not block.is_safe


def test_blocks_run_in_order_and_one_in_a_shell_of_its_own_leaves_nothing(tmp_path: Path) -> None:
    for name in ("sunbeam", "openstack"):
        (tmp_path / name).write_text(FAKE)
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-euc", script(TUTORIAL.text)], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    file = "/etc/sunbeam/clouds.yaml"
    assert said[0] == "sunbeam cluster status nobody nothing"
    assert f"openstack server list --all-projects admin {file}" in said
    assert said[-1] == f"sunbeam dashboard url nobody {file}"


def test_a_command_that_fails_ends_the_run() -> None:
    for text in ("```sh\nfalse\n```\n", "<!-- in a shell of its own -->\n```sh\nfalse\n```\n"):
        ran = subprocess.run(["sh", "-euc", script(f"{text}```sh\necho on\n```\n")], capture_output=True)
        assert (ran.returncode, ran.stdout) == (1, b"")
