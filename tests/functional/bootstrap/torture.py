"""Runs the small bootstrap again and again in forks of one process, and kills: ``... ROOT SEED KILLS``.

Victims are the process that runs the bootstrap, sunbeamd and etcd.  A run may fail when the services die
below it; the next run continues.  Ends with a run that comes to its end, at the latest after KILLS, and
prints what was killed and the exit codes of the runs (-1: killed) as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from sunbeam.cluster.services import services_of
from sunbeam.core.paths import Paths
from sunbeam.tasks.node import DAEMON, ETCD
from tests.functional.bootstrap import small_bootstrap
from tests.functional.bootstrap.bootstrap_harness import SmallCloud

VICTIMS = {
    "sunbeamd": ("tests.functional.bootstrap.daemon",),
    "etcd": ("--data-dir",),
}
KILLED = -1
LONGEST = 2.0
"""Seconds from one kill to the next; undisturbed a run takes somewhat longer."""


@dataclass
class Record:
    kills: list[str] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)


def tortured_run(cloud: SmallCloud, moments: random.Random, record: Record, kills: int) -> int:
    """One run; its exit code, or KILLED.  Services are killed again and again until it ends."""
    child = _fork(cloud)
    while len(record.kills) < kills:
        ended = _ended(child, moments.uniform(0, LONGEST))
        if ended is not None:
            return ended
        victim = moments.choice(["bootstrap", "bootstrap", "sunbeamd", "etcd"])
        if victim == "bootstrap":
            os.kill(child, signal.SIGKILL)
            record.kills.append(victim)
            break
        if cloud.kill(*VICTIMS[victim]):
            record.kills.append(victim)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else KILLED


def _ended(child: int, seconds: float) -> int | None:
    """The exit code of a run that ends within ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.WEXITSTATUS(status)
        time.sleep(0.02)
    return None


def calm_run(cloud: SmallCloud) -> int:
    _, status = os.waitpid(_fork(cloud), 0)
    return os.WEXITSTATUS(status)


def _fork(cloud: SmallCloud) -> int:
    child = os.fork()
    if not child:
        with (cloud.root / "told").open("ab") as told:
            os.dup2(told.fileno(), 2)
        os._exit(small_bootstrap.run(cloud.root))
    return child


def main(root: Path, seed: int, kills: int) -> None:
    cloud, moments, record = SmallCloud(root), random.Random(seed), Record()
    while len(record.kills) < kills:
        record.endings.append(tortured_run(cloud, moments, record, kills))
        if record.endings[-1] == 0:
            break
    if record.endings[-1:] != [0]:
        record.endings.append(calm_run(cloud))
    services = services_of(Paths(root))
    assert services.running(ETCD) and services.running(DAEMON)
    print(json.dumps({"kills": record.kills, "endings": record.endings}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
