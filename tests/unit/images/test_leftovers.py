from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.images.leftovers import end_leftovers

BUILD = "import signal, sys, time; {}; print('ready', flush=True); time.sleep(60)"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    found: list[subprocess.Popen[str]] = []
    yield found
    for process in found:
        process.kill()
        process.communicate()


def start(started: list[subprocess.Popen[str]], script: str, *words: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE, text=True)
    started.append(process)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


async def test_only_builds_of_this_image_on_this_node_are_ended(
    started: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    work = tmp_path / "cache/nova"
    quiet = BUILD.format("pass")
    build = start(started, quiet, "build", "--volume", f"{work}:/run/build")
    debootstrap = start(started, quiet, "trixie", f"{work}/context/rootfs.tar")
    others = [
        start(started, quiet, "build", "--volume", f"{tmp_path}/cache/nova-new:/run/build"),
        start(started, quiet, "build", "--volume", f"/elsewhere{work}:/run/build"),
    ]
    assert await end_leftovers(work) == 2
    assert (build.wait(5), debootstrap.wait(5)) == (-15, -15)
    assert [each.poll() for each in others] == [None, None]
    assert await end_leftovers(work) == 0


async def test_one_that_does_not_end_is_killed(
    started: list[subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sunbeam.images.leftovers.GRACE_SECONDS", 0.3)
    build = start(started, BUILD.format(STUBBORN), f"{tmp_path}:/run/build")
    assert await end_leftovers(tmp_path) == 1
    assert build.wait(5) == -9
