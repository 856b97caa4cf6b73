"""A guest's network device that somebody takes down comes up again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "charms/hypervisor/src/keep_taps_up.py"
NAMESPACE = "sb-taps"


def ip(*words: str) -> str:
    command = ["ip", "-n", NAMESPACE, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def keeper() -> Iterator[subprocess.Popen[str]]:
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    # `ip netns exec` also mounts that namespace's /sys.
    command = ["ip", "netns", "exec", NAMESPACE, "python3", str(PROGRAM)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.wait()
    subprocess.run(["ip", "netns", "delete", NAMESPACE], check=True)


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_device_of_a_guest_stays_up_and_no_other(keeper: subprocess.Popen[str]) -> None:
    def up(device: str) -> bool:
        return ",UP" in ip("-o", "link", "show", "dev", device)

    for device in ("tap61d93e82-1b", "other0"):
        ip("link", "add", device, "type", "veth", "peer", "name", f"p{device[:9]}")
    until(lambda: up("tap61d93e82-1b"))
    ip("link", "set", "tap61d93e82-1b", "down")
    until(lambda: up("tap61d93e82-1b"))
    assert not up("other0") and keeper.poll() is None
    ip("link", "delete", "tap61d93e82-1b")
    ip("link", "add", "tap2", "type", "veth", "peer", "name", "p2")
    until(lambda: up("tap2"))
