"""A change killed at any moment is continued by the same command: nothing is lost or done twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths

PROGRAM = """
import asyncio, sys
from pathlib import Path
from sunbeam.core.clock import SystemClock
from sunbeam.core.engine import Change, Engine
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Task

paths = Paths(Path(sys.argv[1]))
world = paths.root / "world"

class Add(Task):
    def __init__(self, number, *needs):
        self.id, self.title, self.needs = f"t{number}", f"Add {number}", needs
    async def is_done(self, context):
        return (world / self.id).exists()
    async def act(self, context):
        await asyncio.sleep(0.01)
        context.host.write_file(world / self.id, "x")
        with (paths.root / "acts.log").open("a") as log:
            log.write(self.id + "\\n")

async def main():
    journal, clock, redactor = Journal(paths.journal), SystemClock(), Redactor()
    host = Host(SystemProcesses(), journal, paths, clock, redactor)
    tasks = [Add(n, *([f"t{n - 2}"] if n > 1 else [])) for n in range(8)]
    await Engine(journal, host, paths, clock, redactor).run(Change("add", "Add", tasks))

asyncio.run(main())
"""


def test_twenty_random_kills(tmp_path: Path) -> None:
    moments = random.Random(20)
    kills = 0
    for number in range(40):
        root = tmp_path / str(number)
        (root / "world").mkdir(parents=True)
        kills += killed_at(root, moments.random() * 0.06)
        assert subprocess.run([sys.executable, "-c", PROGRAM, str(root)]).returncode == 0
        assert {record.status for record in Journal(Paths(root).journal).changes()} == {"done"}
        assert sorted(path.name for path in (root / "world").iterdir()) == [f"t{n}" for n in range(8)]
        acts = (root / "acts.log").read_text().split()
        assert len(acts) == len(set(acts))
        if kills == 20:
            return
    raise AssertionError(f"only {kills} of 40 runs could be killed before they ended")


def killed_at(root: Path, seconds: float) -> bool:
    """Kill a run ``seconds`` after it opened its journal; whether it was still running then."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(root)])
    while process.poll() is None and not Paths(root).journal.exists():
        time.sleep(0.001)
    time.sleep(seconds)
    running = process.poll() is None
    process.kill()
    process.wait()
    return running
