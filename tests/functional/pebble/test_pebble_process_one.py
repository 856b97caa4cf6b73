"""The manager as process 1 of its own process namespace."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ops import pebble

from tests.functional.pebble.harness import wait_for


class Namespace:
    """``unshare`` with the manager as its only child."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.folder = folder
        environment = {"PATH": os.environ["PATH"], "PEBBLE": str(folder), "PEBBLE_SOCKET": f"{folder}/socket"}
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
             sys.executable, program, "run", "--create-dirs", "--hold", "--verbose"],
            env=environment, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.client = pebble.Client(f"{folder}/socket")
        wait_for(Path(f"{folder}/socket").exists)
        (child,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.pid = int(child)

    def states(self) -> list[str]:
        """The state letter of each process, as ps sees them from inside."""
        out, _ = self.client.exec(["sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null"]).wait_output()
        return [line.rsplit(")", 1)[1].split()[0] for line in out.splitlines()]


@pytest.fixture
def namespace(program: Path, tmp_path: Path) -> Iterator[Namespace]:
    namespace = Namespace(program, tmp_path / "pebble")
    yield namespace
    if namespace.process.poll() is None:
        os.kill(namespace.pid, 9)
    namespace.process.wait(60)


def test_it_is_process_one_and_leaves_no_zombies(namespace: Namespace) -> None:
    assert namespace.client.exec(["cat", "/proc/1/cmdline"]).wait_output()[0].split("\0")[2] == "run"
    # Each shell leaves grandchildren behind that end after it.
    for _ in range(10):
        namespace.client.exec(
            ["sh", "-c", "(sleep 0.1; true) & (sh -c 'sleep 0.2 & sleep 0.1' &) ; true"]
        ).wait()  # type: ignore[no-untyped-call]
    command = "sh -c 'sleep 0.05 & exit 1'"
    namespace.client.add_layer(
        "a",
        {
            "services": {
                "a": {
                    "override": "replace",
                    "command": command,
                    "backoff-delay": "50ms",
                    "backoff-limit": "60ms",
                }
            }
        },
    )
    with pytest.raises(pebble.ChangeError):
        namespace.client.start_services(["a"])
    time.sleep(1)
    namespace.client.stop_services(["a"])
    wait_for(lambda: "Z" not in namespace.states())
    wait_for(lambda: len(namespace.states()) <= 3)  # itself, the shell and cat


def test_terminating_it_stops_services_and_ends(namespace: Namespace, tmp_path: Path) -> None:
    command = f"sh -c 'trap \"touch {tmp_path}/clean; exit 0\" TERM; while :; do sleep 0.05; done'"
    namespace.client.add_layer("a", {"services": {"a": {"override": "replace", "command": command}}})
    namespace.client.start_services(["a"])
    os.kill(namespace.pid, 15)
    assert namespace.process.wait(60) == 0
    assert (tmp_path / "clean").exists()


def test_it_is_small_and_idles(namespace: Namespace) -> None:
    services: Any = {f"s{number}": {"override": "replace", "command": "sleep 1000"} for number in range(5)}
    namespace.client.add_layer("a", {"services": services})
    namespace.client.start_services(list(services))
    namespace.client.push("/tmp/pebble-small", "x")
    namespace.client.pull("/tmp/pebble-small")
    namespace.client.remove_path("/tmp/pebble-small")

    def status(key: str) -> int:
        lines = Path(f"/proc/{namespace.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(key)))

    assert status("VmRSS") <= 22 * 1024
    assert status("Threads") == 1
    before = status("voluntary_ctxt_switches")
    time.sleep(1.5)
    assert status("voluntary_ctxt_switches") - before <= 1, "nothing wakes it up"


def test_it_starts_quickly(program: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", program, "run", "--create-dirs", "--hold"],
        env={"PEBBLE": str(tmp_path), "PEBBLE_SOCKET": f"{tmp_path}/socket"},
    )
    while not (tmp_path / "socket").exists():
        assert time.monotonic() - began < 5
        time.sleep(0.002)
    took = time.monotonic() - began
    process.terminate()
    process.wait(60)
    assert took < 3
