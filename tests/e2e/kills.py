"""``./run e2e-kills``: a real cloud is made while its parts are killed at random moments.

``sunbeam cloud`` runs from a bare machine; ``--kills`` times something is killed with SIGKILL: the process
that makes the change with the command that shows it, sunbeamd, etcd, or a container.  When the command was
killed the same command is typed again.  At the end the VM must answer, everything must be there once, and the
same command must find nothing to do.  The same ``--seed`` gives the same sequence of victims and pauses.
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
from collections.abc import Sequence

from sunbeam.core.lock import holder
from sunbeam.core.paths import Paths
from tests.e2e.conftest import PROGRAMS
from tests.e2e.guest import floating_address, page_of
from tests.e2e.processes import children, containers, pids_of

VICTIMS = ("command", "command", "command", "sunbeamd", "etcd", "container")
COMMAND_LINES = {
    "sunbeamd": ("sunbeam.cluster.daemon", "/"),
    "etcd": (str(Paths().bin / "etcd"),),
}
PAUSE_SECONDS = (3.0, 55.0)
CLOUD_SECONDS = 1500


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run e2e-kills", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=5)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)
    plan = [(chance.choice(VICTIMS), chance.uniform(*PAUSE_SECONDS)) for _ in range(wanted.kills)]
    print(
        f"seed {wanted.seed}: " + ", ".join(f"{who} after {pause:.1f} s" for who, pause in plan), flush=True
    )
    _make(plan, chance)
    _check()
    return 0


def _make(plan: Sequence[tuple[str, float]], chance: random.Random) -> None:
    """Raises AssertionError, TimeoutExpired."""
    cloud = _cloud()
    for victim, pause in plan:
        time.sleep(pause)
        if cloud.poll() is not None:
            assert cloud.returncode == 0, f"sunbeam cloud ended with {cloud.returncode}"
            cloud = _cloud()
        print(f"{_now()} killed: {_kill(victim, cloud, chance)}", flush=True)
        if victim == "command":
            cloud.wait(10)
            cloud = _cloud()
    for _ in range(2):
        code = cloud.wait(CLOUD_SECONDS)
        if code == 0:
            return
        # A killed daemon may fail the task that was talking to it: then the same command continues.
        print(f"{_now()} sunbeam cloud ended with {code}; typed again", flush=True)
        cloud = _cloud()
    assert cloud.wait(CLOUD_SECONDS) == 0, "the same command does not finish"


def _cloud() -> subprocess.Popen[bytes]:
    return subprocess.Popen([PROGRAMS / "sunbeam", "cloud"], stdin=subprocess.DEVNULL, start_new_session=True)


def _kill(victim: str, cloud: subprocess.Popen[bytes], chance: random.Random) -> str:
    """What was killed; nothing if the victim does not run yet."""
    if victim == "command":
        worker = holder(Paths().change_lock)
        pids = {cloud.pid} | ({worker.pid} if worker else set())
    elif victim == "container":
        running = sorted(containers().items())
        name, conmon = chance.choice(running) if running else ("no container", 0)
        pids = set(children(conmon)) if conmon else set()
        victim = name
    else:
        pids = set(
            pids_of({"sunbeamd": "sunbeam.cluster.daemon", "etcd": "/var/lib/sunbeam/bin/etcd"}[victim])
        )
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return f"{victim} ({', '.join(map(str, sorted(pids))) or 'was not running'})"


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
