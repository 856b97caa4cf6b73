"""What the tutorial and the how-to on Juju tell a person to type, run as it is written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

import pytest

from sunbeam.cluster.settings import NodeSettings
from tests.e2e.conftest import PROGRAMS
from tests.e2e.seeding import sunbeam, wait_until
from tests.unit.docs.book import ROOT, Page
from tests.unit.docs.tutorial import TUTORIAL, script

JUJU = Page(ROOT / "docs/how-to/use-the-juju-api.md")
SECONDS = 120
"""How long one command may take."""


def test_the_tutorial_holds(settings: NodeSettings) -> None:
    wait_until(lambda: sunbeam("cluster", "status").returncode == 0, "the cloud is not well", SECONDS)
    told = typed(script(TUTORIAL.text))
    for word in ("All is well.", "nova-compute", "first", "https://"):
        assert word in told, told


@pytest.mark.parametrize(
    ("program", "word"),
    [*zip(JUJU.blocks("python"), ("['keystone/0']", "'project-name'"), strict=True)],
    ids=["applications", "action"],
)
def test_the_juju_api_is_used_as_the_page_says(settings: NodeSettings, program: str, word: str) -> None:
    login = JUJU.blocks("sh")[0]
    told = typed(f'{login}exec python -c "$PROGRAM"', {"PROGRAM": program})
    assert word in told, told


def typed(code: str, more: Mapping[str, str] | None = None) -> str:
    """What a shell of root with our programs prints.  Raises AssertionError, TimeoutExpired."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "JUJU_"))}
    environment = {**bare, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", **(more or {})}
    done = subprocess.run(
        ["sh", "-euc", code], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=SECONDS * len(code.splitlines()),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
