"""The cloud goes down and comes back, whole or in parts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.e2e.guest import floating_address, page_of
from tests.e2e.processes import children, containers, pids_of
from tests.e2e.seeding import status, wait_until

Program = Callable[..., str]


def test_a_killed_sunbeamd_is_back_and_no_container_restarts() -> None:
    before = containers()
    (daemon,) = pids_of("sunbeam.cluster.daemon", "/")
    os.kill(daemon, signal.SIGKILL)
    wait_until(lambda: "All is well." in status(), "the cloud does not become well")
    assert before.items() <= containers().items()


def test_a_killed_container_comes_back(sunbeam: Program) -> None:
    name, conmon = next((name, pid) for name, pid in containers().items() if name.startswith("memcached"))
    os.kill(children(conmon)[0], signal.SIGKILL)
    wait_until(lambda: containers().get(name) not in (None, conmon), "memcached does not come back")
    sunbeam("cluster", "start")
    wait_until(lambda: "All is well." in status(), "the cloud does not become well")


def test_stop_and_start_bring_the_vm_back(sunbeam: Program, openstack: Program) -> None:
    address = floating_address(openstack)
    sunbeam("cluster", "stop")
    assert containers() == {}
    sunbeam("cluster", "start")
    assert page_of(address).startswith("hello from first")
