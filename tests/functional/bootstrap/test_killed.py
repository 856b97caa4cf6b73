"""Killed at any moment, a bootstrap is continued by the same command: nothing is lost or done twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.bootstrap.small_bootstrap import REPOSITORY

KILLS = 20
MOST_IN_ONE_CLOUD = 7
UNITS = {"greeter/0", "listener/0", "listener/1"}


async def test_random_kills_lose_nothing_and_do_nothing_twice(new_cloud: Callable[[], SmallCloud]) -> None:
    survived: list[str] = []
    seed = 0
    while len(survived) < KILLS:
        seed += 1
        cloud = new_cloud()
        kills, endings = torture(cloud, seed, min(MOST_IN_ONE_CLOUD, KILLS - len(survived)))
        told = (cloud.root / "told").read_text() if (cloud.root / "told").exists() else ""
        report = f"seed {seed}: {kills}, {endings}\n{told}"
        print(report)
        assert endings[-1] == 0, report + cloud.logs()
        assert_every_error_tells_what_to_type(told)
        await assert_whole(cloud, sunbeamd_kills=kills.count("sunbeamd"))
        cloud.remove()
        survived += kills


def torture(cloud: SmallCloud, seed: int, kills: int) -> tuple[list[str], list[int]]:
    words = [
        sys.executable,
        "-m",
        "tests.functional.bootstrap.torture",
        str(cloud.root),
        str(seed),
        str(kills),
    ]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=REPOSITORY, env=os.environ)
    assert ended.returncode == 0, ended.stderr + cloud.logs()
    record = json.loads(ended.stdout.splitlines()[-1])
    return record["kills"], record["endings"]


def assert_every_error_tells_what_to_type(told: str) -> None:
    assert "Traceback" not in told, told
    for error in told.split("Error: ")[1:]:
        assert "  why: " in error and "  next: " in error, error


async def assert_whole(cloud: SmallCloud, sunbeamd_kills: int) -> None:
    (change,) = cloud.changes()
    assert change.status == "done"
    assert {str(task.status) for task in change.tasks} <= {"done", "unchanged"}
    status = await cloud.status()
    assert {name: app.scale for name, app in status.applications.items()} == {"greeter": 1, "listener": 2}
    assert {unit.name: unit.workload.message for unit in status.units()} == dict.fromkeys(
        UNITS, "installed 1 times"
    )
    assert len(status.relations) == 1
    files = list((cloud.paths.engine / "units").glob("*/*/installs"))
    assert len(files) == len(UNITS)
    for file in files:
        assert 1 <= len(file.read_text().splitlines()) <= 1 + sunbeamd_kills
    assert len(cloud.processes("tests.functional.bootstrap.daemon")) >= 1
    assert len(cloud.processes("--data-dir")) == 1
    assert (await cloud.plan()).is_empty
