"""Changes that are started from the page: the command outlives the view, and says why it does not begin."""

from __future__ import annotations

import gc
import json
import sys

import pytest

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.web import commands as module
from sunbeam.web.commands import Attempt, Commands
from sunbeam.web.settings import web_folder
from tests.unit.web.visitor import until

PROGRAM = """
import json, os, pathlib, sys, time
words = sys.argv[1:]
def say(**event):
    print(json.dumps({"schema": 1, "change": 0, "time": "2026-11-21T12:00:00Z", **event}), flush=True)
if "refuse" in words:
    print("no json", flush=True)
    say(type="problem-found", severity="error", what="The disk is full")
    sys.exit("Error: 1 problem found")
if "silent" in words: sys.exit(4)
if "sleep" in words: time.sleep(60)
say(type="change-started", kind="k", title="t", tasks=[])
time.sleep(0.3)
pathlib.Path(os.environ["SUNBEAM_ROOT"], "done").write_text(" ".join(words))
"""


@pytest.fixture
def commands(paths: Paths) -> Commands:
    return Commands(paths, (sys.executable, "-c", PROGRAM))


async def ended(attempt: Attempt | None) -> Attempt:
    assert attempt is not None
    await until(lambda: not attempt.running)
    return attempt


async def test_why_a_change_did_not_begin(commands: Commands) -> None:
    commands.begin("refuse")
    assert commands.last is not None and commands.last.looking
    attempt = await ended(commands.last)
    assert attempt.refused and [problem.what for problem in attempt.problems] == ["The disk is full"]
    assert attempt.error == "1 problem found"


async def test_a_command_that_says_nothing(commands: Commands) -> None:
    commands.begin("silent")
    assert (await ended(commands.last)).error == "sunbeam silent ended with 4"


async def test_a_command_that_is_not_there(paths: Paths) -> None:
    commands = Commands(paths, ("/nothing/here",))
    commands.begin("resume")
    assert "No such file" in (await ended(commands.last)).error


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
async def test_the_change_outlives_the_view(commands: Commands, paths: Paths) -> None:
    commands.begin("resume")
    await until(lambda: commands.last is not None and commands.last.began)
    await commands.stop()
    done = paths.root / "done"
    await until(lambda: done.exists() and done.read_text() != "")
    assert done.read_text() == "resume --output json"
    gc.collect()


@pytest.mark.parametrize(("word", "kept"), [("resume", False), ("silent", True)])
async def test_answers_are_kept_until_the_cloud_is_made(
    commands: Commands, paths: Paths, word: str, kept: bool
) -> None:
    file = web_folder(paths) / "answers-1.yaml"
    file.write_text("name: stall")
    commands.begin(word)
    await ended(commands.last)
    assert file.exists() == kept


async def test_one_attempt_at_a_time(commands: Commands) -> None:
    commands.begin("refuse")
    first = commands.last
    commands.begin("silent")
    assert commands.last is first
    await ended(first)
    commands.begin("silent")
    assert commands.last is not first
    await ended(commands.last)


async def test_a_look_that_takes_too_long(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.2)
    with pytest.raises(SunbeamError, match="took longer"):
        await commands.output("sleep")


async def test_what_a_look_prints(commands: Commands) -> None:
    ended = await commands.output("x")
    assert json.loads(ended.stdout)["type"] == "change-started" and ended.returncode == 0
