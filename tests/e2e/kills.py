"""``./run e2e-kills``: a real cloud is made while its parts are killed at random moments.

``sunbeam cloud`` runs from a bare machine; ``--kills`` times something is killed with SIGKILL: the process
that makes the change with the command that shows it, sunbeamd, etcd, or a container; a victim that does not
run leaves its turn to the process that makes the change.  When the command has ended, however that was, it is
typed again.  At the end the VM must answer, everything must be there once, and the same command must find
nothing to do.  The same ``--seed`` gives the same sequence of victims and pauses.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.lock import holder
from sunbeam.core.paths import Paths
from tests.e2e.conftest import PROGRAMS
from tests.e2e.guest import floating_address, page_of
from tests.e2e.processes import children, containers, pids_of

CONTAINERS = (
    "glance/0", "horizon/0", "ingress/0", "keystone/0", "mariadb/0", "memcached/0", "neutron/0", "nova/0",
    "ovn-central/0", "placement/0", "rabbitmq/0", "machine-0",
)  # fmt: skip
"""Units, and the machine of the hypervisor."""
KINDS = (*[("command",)] * 3, ("sunbeamd",), ("etcd",), CONTAINERS)
PAUSE_SECONDS = (3.0, 55.0)
CLOUD_SECONDS = 1500
WORKER_SECONDS = 120
LAST_TRIES = 3
"""A service that was killed may fail the task that was talking to it: then the same command continues."""


def plan(seed: int, kills: int) -> list[tuple[str, float]]:
    """Whom to kill after how many seconds."""
    chance = random.Random(seed)
    return [(chance.choice(chance.choice(KINDS)), chance.uniform(*PAUSE_SECONDS)) for _ in range(kills)]


@dataclass
class Torture:
    """``argv`` is the command that is typed again and again, ``kills`` who was killed so far."""

    argv: Sequence[str | Path]
    paths: Paths
    kills: list[str] = field(default_factory=list)
    command: subprocess.Popen[bytes] | None = None

    def endure(self, victim: str, pause: float) -> None:
        deadline = time.monotonic() + pause
        while time.monotonic() < deadline:
            self.go_on()
            time.sleep(0.1)
        if killed := self._kill(victim):
            self.kills.append(killed)
            instead = "" if killed == victim else f" instead of {victim}, which was not there"
            print(f"{_now()} killed: {killed}{instead}", flush=True)

    def finish(self) -> None:
        """Raises AssertionError if the command does not come to its end, TimeoutExpired."""
        for _ in range(LAST_TRIES):
            if self.go_on().wait(CLOUD_SECONDS) == 0:
                return
        raise AssertionError("the same command does not finish")

    def go_on(self) -> subprocess.Popen[bytes]:
        """Type the command if it does not run."""
        if self.command is None or self.command.poll() is not None:
            if self.command is not None:
                print(f"{_now()} the command ended with {self.command.returncode}; typed again", flush=True)
            self.command = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, start_new_session=True)
        return self.command

    def _kill(self, victim: str) -> str:
        """Who was killed; empty if there was nobody."""
        if _sigkill(self._pids(victim)):
            if victim == "command" and self.command:
                self.command.wait(10)
            return victim
        deadline = time.monotonic() + WORKER_SECONDS
        while time.monotonic() < deadline:
            self.go_on()
            if _sigkill(self._worker()):
                return "worker"
            time.sleep(0.01)
        return ""

    def _pids(self, victim: str) -> list[int]:
        """Nothing if it does not run."""
        if victim == "command":
            shown = [self.command.pid] if self.command and self.command.poll() is None else []
            return [*shown, *self._worker()]
        if victim == "sunbeamd":
            return pids_of("sunbeam.cluster.daemon", str(self.paths.root))
        if victim == "etcd":
            return pids_of(str(self.paths.bin / "etcd"))
        return _pids_in_container(victim)

    def _worker(self) -> list[int]:
        found = holder(self.paths.change_lock)
        return [found.pid] if found else []


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run e2e-kills", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=5)
    wanted = parser.parse_args()
    if NodeSettings.exists(Paths()):
        parser.error("there is a cloud already. Type: ./run destroy --yes")
    victims = plan(wanted.seed, wanted.kills)
    listed = ", ".join(f"{victim} after {pause:.1f} s" for victim, pause in victims)
    print(f"seed {wanted.seed}: {listed}", flush=True)
    torture = Torture([PROGRAMS / "sunbeam", "cloud"], Paths())
    for victim, pause in victims:
        torture.endure(victim, pause)
    torture.finish()
    _check()
    assert len(torture.kills) == wanted.kills, f"only {len(torture.kills)} of {wanted.kills} kills were done"
    return 0


def _pids_in_container(name: str) -> list[int]:
    begin = f"{name.replace('/', '-')}-"
    found = []
    for each, conmon in containers().items():
        if each.startswith(begin):
            with suppress(OSError):  # it is gone meanwhile
                found += children(conmon)
    return found


def _sigkill(pids: Iterable[int]) -> bool:
    """Whether one of them was there."""
    killed = False
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed = True
    return killed


def _check() -> None:
    def openstack(*words: str, cloud: str = "sunbeam") -> str:
        environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(Paths().etc / "clouds.yaml")}
        argv = [str(PROGRAMS / "openstack"), "--os-cloud", cloud, *words]
        return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout

    assert page_of(floating_address(openstack)).startswith("hello from first")
    for kind in ("service", "network", "flavor", "image", "project", "user", "router"):
        names = Counter(each["Name"] for each in json.loads(openstack(kind, "list", "-f", "json")))
        assert set(names.values()) == {1}, f"{kind} made twice: {names}"
    (server,) = json.loads(openstack("server", "list", "--all-projects", "-f", "json"))
    assert server["Status"] == "ACTIVE", server
    status = json.loads(_sunbeam("cluster", "status", "--format", "json"))
    units = Counter(unit["unit"].partition("/")[0] for model in status["models"].values() for unit in model)
    assert set(units.values()) == {1}, f"units made twice: {units}"
    again = _sunbeam("cluster", "bootstrap", "--accept-defaults")
    assert again.count("nothing to change") == 2, again
    print(f"{_now()} the VM answers, everything is there once, nothing is left to do", flush=True)


def _sunbeam(*words: str) -> str:
    argv = [str(PROGRAMS / "sunbeam"), *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=300).stdout


def _now() -> str:
    return time.strftime("%H:%M:%S")


if __name__ == "__main__":
    sys.exit(main())
