"""``./run e2e-fresh``: a new machine becomes a cloud, passes the tests, and survives a power cycle.

The machine is systemd-nspawn's, below ``.cache/fresh-machine``; it and all that it needs on this machine is
removed at the end (with ``--keep``, everything stays until the next run).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.e2e import fresh_root, nspawn, small_machine
from tests.e2e.guest import floating_address

CACHE = fresh_root.CHECKOUT / ".cache/fresh-machine"
INSIDE = "/root/sunbeam"
CLOUD_SECONDS = 2400
TESTS_SECONDS = 3600
BACK_SECONDS = 600
FETCH = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run e2e-fresh", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the machine running to look at it")
    parser.add_argument("--no-tests", action="store_true", help="leave out ./run test inside")
    parser.add_argument("--small", action="store_true", help="one core, 8 GiB, 200 disk operations a second")
    parser.add_argument("--ubuntu", metavar="MIRROR", default="", help="Ubuntu 24.04 instead of Debian 13")
    wanted = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run: a machine can be booted by root only. Type: sudo ./run e2e-fresh")
    if wanted.small and not small_machine.possible():
        sys.exit("run: --small needs control groups of version 1, which this machine does not have")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("run: another ./run e2e-fresh works in this checkout. Wait for its end.")
        return _run(wanted)


def _run(wanted: argparse.Namespace) -> int:
    root = CACHE / "machine/root"
    limits = small_machine.limits(CACHE) if wanted.small else {}
    machine = nspawn.Machine(root, limits)
    _remove(machine, root)
    try:
        with small_machine.slow_disk(_blkio_group(), limits) if wanted.small else nullcontext():
            _life(machine, root, tests=not wanted.no_tests, ubuntu=wanted.ubuntu)
    except (AssertionError, subprocess.SubprocessError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    finally:
        if wanted.keep:
            print(f"The machine is kept: nsenter -t {machine.leader} -a")
        else:
            with step("remove the machine"):
                _remove(machine, root)
    return 0


def _life(machine: nspawn.Machine, root: Path, *, tests: bool, ubuntu: str) -> None:
    with step(f"make a minimal {'Ubuntu 24.04' if ubuntu else 'Debian 13'}"):
        fresh_root.unpack(CACHE, root, ubuntu=ubuntu, address=nspawn.ADDRESS, gateway=nspawn.GATEWAY)
    with step("boot it"):
        machine.boot()
    with step("./run cloud"):
        _checkout_command(machine, "./run cloud", seconds=CLOUD_SECONDS)
    with step("a token, and the VM's page"):
        address = _check(machine, seconds=30)
    if tests:
        with step("./run test"):
            _checkout_command(machine, "./run test", seconds=TESTS_SECONDS)
    with step("power off"):
        machine.power_off()
    with step("boot again"):
        machine.boot()
    with step("the cloud and its VM are back by themselves"):
        assert _check(machine, seconds=BACK_SECONDS) == address
        status = (f"{INSIDE}/.venv/bin/sunbeam", "cluster", "status")
        _eventually(lambda: machine.run(*status), BACK_SECONDS)  # the dashboard comes last


def _checkout_command(machine: nspawn.Machine, command: str, *, seconds: float) -> None:
    words = ("/bin/sh", "-c", f"cd {INSIDE} && exec {command}")
    machine.run(*words, seconds=seconds, environment=fresh_root.environment(), shown=True)


def _check(machine: nspawn.Machine, seconds: float) -> str:
    """The VM's floating address, as soon as Keystone issues a token and the VM shows its page."""

    def openstack(*words: str, cloud: str = "sunbeam") -> str:
        return machine.run(
            f"{INSIDE}/.venv/bin/openstack", "--os-cloud", cloud, *words,
            environment={"OS_CLIENT_CONFIG_FILE": "/etc/sunbeam/clouds.yaml"},
        )  # fmt: skip

    def token_and_page() -> str:
        openstack("token", "issue", "-f", "json")
        address = floating_address(openstack)
        page = machine.run("python3", "-c", FETCH, f"http://{address}/", seconds=20)
        assert page.startswith("hello from first"), page
        return address

    return _eventually(token_and_page, seconds)


def _eventually(attempt: Callable[[], str], seconds: float) -> str:
    """Its first answer.  Raises what the last attempt raised."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (AssertionError, subprocess.TimeoutExpired):
            if time.monotonic() > deadline:
                raise
            time.sleep(3)


def _blkio_group() -> Path:
    return next(group for group in nspawn.own_cgroups() if group.is_relative_to(nspawn.CGROUPS / "blkio"))


def _remove(machine: nspawn.Machine, root: Path) -> None:
    machine.remove()
    if root.parent.exists():
        shutil.rmtree(root.parent)


@contextmanager
def step(title: str) -> Iterator[None]:
    print(f"→ {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"✓ {title} ({time.monotonic() - started:.1f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
