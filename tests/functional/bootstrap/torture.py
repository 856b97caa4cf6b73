"""Runs the small bootstrap again and again in forks of one process, and kills: ``... ROOT SEED KILLS``.

Each run has one victim: the process that runs the bootstrap, sunbeamd or etcd.  A run may fail when one of
the services dies below it; the next run continues.  Ends with a run that comes to its end, at the latest
after KILLS, and prints what was killed and the exit codes of the runs (-1: killed) as JSON.
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
    "bootstrap": (),
    "sunbeamd": ("tests.functional.bootstrap.daemon",),
    "etcd": ("--data-dir",),
}
LONGEST = 3.0
"""Seconds after which at the latest a run meets its kill; undisturbed it takes about as long."""


@dataclass
class Record:
    kills: list[str] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)


def tortured_run(cloud: SmallCloud, moments: random.Random, record: Record) -> int | None:
    """One run with one kill; its exit code unless it was the victim."""
    victim = moments.choice(["bootstrap", "bootstrap", "sunbeamd", "etcd"])
    child = _fork(cloud)
    time.sleep(moments.uniform(0, LONGEST))
    if victim == "bootstrap":
        os.kill(child, signal.SIGKILL)
        record.kills.append(victim)
    elif cloud.kill(*VICTIMS[victim]):
        record.kills.append(victim)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


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
        code = tortured_run(cloud, moments, record)
        record.endings.append(-1 if code is None else code)
        if code == 0:
            break
    if record.endings[-1:] != [0]:
        record.endings.append(calm_run(cloud))
    services = services_of(Paths(root))
    assert services.running(ETCD) and services.running(DAEMON)
    print(json.dumps({"kills": record.kills, "endings": record.endings}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
