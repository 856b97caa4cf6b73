"""What holds of clouds whose bootstrap was killed at random moments: nothing is lost or done twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.bootstrap.small_bootstrap import REPOSITORY

KILLS_IN_ONE_CLOUD = 10
UNITS = {"greeter/0", "listener/0", "listener/1"}
SECONDS = 300


@dataclass
class Survived:
    """Who was killed how often, in how many clouds."""

    kills: Counter[str] = field(default_factory=Counter)
    clouds: int = 0

    def __str__(self) -> str:
        victims = ", ".join(f"{count} {victim}" for victim, count in sorted(self.kills.items()))
        return f"{self.kills.total()} kills in {self.clouds} clouds: {victims}"


async def survive(new_cloud: Callable[[], SmallCloud], seed: int, kills: int) -> Survived:
    """Make clouds until ``kills`` were survived.  Raises AssertionError with the seed that was not."""
    survived = Survived()
    while survived.kills.total() < kills:
        began = time.monotonic()
        cloud = new_cloud()
        wanted = min(KILLS_IN_ONE_CLOUD, kills - survived.kills.total())
        killed, endings = tortured(cloud, seed, wanted)
        told = (cloud.root / "told").read_text() if (cloud.root / "told").exists() else ""
        report = f"seed {seed}: {' '.join(killed)}; commands ended with {endings}"
        assert endings[-1] == 0, f"{report}\n{told}\n{cloud.logs()}"
        assert_every_error_tells_what_to_type(told)
        await assert_whole(cloud, sunbeamd_kills=killed.count("sunbeamd"))
        cloud.remove()
        print(f"{report}; {time.monotonic() - began:.0f} s", flush=True)
        survived.kills.update(killed)
        survived.clouds += 1
        seed += 1
    return survived


def tortured(cloud: SmallCloud, seed: int, kills: int) -> tuple[list[str], list[int]]:
    """Whom the plan of ``seed`` has killed in ``cloud``, and the exit codes of the commands."""
    module = "tests.functional.bootstrap.torture"
    words = [sys.executable, "-m", module, str(cloud.root), str(seed), str(kills)]
    ended = subprocess.run(
        words, capture_output=True, text=True, timeout=SECONDS, cwd=REPOSITORY, env=os.environ
    )
    assert ended.returncode == 0, f"seed {seed}\n{ended.stderr}\n{cloud.logs()}"
    record = json.loads(ended.stdout.splitlines()[-1])
    return record["kills"], record["endings"]


def assert_every_error_tells_what_to_type(told: str) -> None:
    assert "Traceback" not in told, told
    for error in told.split("Error: ")[1:]:
        assert "  why: " in error and "  next: " in error, error


async def assert_whole(cloud: SmallCloud, sunbeamd_kills: int) -> None:
    changes = cloud.changes()
    assert changes and {str(change.status) for change in changes} == {"done"}
    assert {str(task.status) for change in changes for task in change.tasks} <= {"done", "unchanged"}
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
