"""Runs the small bootstrap in a cloud again and again and kills: ``... ROOT SEED KILLS``.

Victims are the command that a person typed, the worker that makes the change, sunbeamd and etcd; one that
does not run yet leaves its turn to the worker.  When the command has ended, however that was, it is typed
again.
The plan of victims and pauses is that of SEED.  After the last kill a run must come to its end.  What was
killed and the exit codes of the commands (-1: killed) are printed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sunbeam.cluster.services import DAEMON, ETCD, services_of
from sunbeam.core.lock import holder
from tests.functional.bootstrap import small_bootstrap
from tests.functional.bootstrap.bootstrap_harness import SmallCloud

VICTIMS = ("command", "worker", "worker", "sunbeamd", "etcd")
COMMAND_LINES = {
    "sunbeamd": ("tests.functional.bootstrap.daemon",),
    "etcd": ("--data-dir",),
}
KILLED = -1
LONGEST = 1.6
"""Seconds from one kill to the next; undisturbed a run takes somewhat longer."""
LAST_TRIES = 3
"""A service that was killed may fail the task that was talking to it: then the same command continues."""


def plan(seed: int, kills: int) -> list[tuple[str, float]]:
    """Whom to kill after how many seconds."""
    chance = random.Random(seed)
    return [(chance.choice(VICTIMS), chance.uniform(0, LONGEST)) for _ in range(kills)]


@dataclass
class Torture:
    """``command`` is the process of the command that runs now."""

    cloud: SmallCloud
    kills: list[str] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)
    command: int = 0

    def endure(self, victim: str, pause: float) -> None:
        deadline = time.monotonic() + pause
        while time.monotonic() < deadline:
            self.go_on()
            time.sleep(0.01)
        self.kills.append(self._kill(victim))

    def finish(self) -> None:
        for _ in range(LAST_TRIES):
            self.go_on()
            self.endings.append(_code(os.waitpid(self.command, 0)[1]))
            self.command = 0
            if self.endings[-1] == 0:
                return

    def go_on(self) -> None:
        """Type the command if it does not run."""
        if self.command:
            pid, status = os.waitpid(self.command, os.WNOHANG)
            if not pid:
                return
            self.endings.append(_code(status))
        self.command = self._type()

    def _kill(self, victim: str) -> str:
        if victim == "command":
            os.kill(self.command, signal.SIGKILL)
            return victim
        if victim in COMMAND_LINES and self.cloud.kill(*COMMAND_LINES[victim]):
            return victim
        while (found := holder(self.cloud.paths.change_lock)) is None:
            self.go_on()
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
        return "worker"

    def _type(self) -> int:
        child = os.fork()
        if not child:
            with (self.cloud.root / "told").open("ab") as told, Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(told.fileno(), 2)
            os._exit(small_bootstrap.run(self.cloud.root))
        return child


def _code(status: int) -> int:
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else KILLED


def main(root: Path, seed: int, kills: int) -> None:
    torture = Torture(SmallCloud(root))
    for victim, pause in plan(seed, kills):
        torture.endure(victim, pause)
    torture.finish()
    services = services_of(torture.cloud.paths)
    assert services.running(ETCD) and services.running(DAEMON)
    print(json.dumps({"kills": torture.kills, "endings": torture.endings}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
