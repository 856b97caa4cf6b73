"""What faults are seeded with: programs, containers, services and files of a real cloud."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp

from sunbeam.cluster.services import services_of
from sunbeam.core.paths import Paths
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from tests.e2e.conftest import PROGRAMS

PATHS = Paths()
SERVICES = services_of(PATHS)
Fault = Iterator[None]


def sunbeam(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [str(PROGRAMS / "sunbeam"), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=900)


def status(*options: str) -> str:
    """What `sunbeam cluster status` prints, be it well or not."""
    return sunbeam("cluster", "status", *options).stdout


def start_cloud() -> None:
    """Bring everything back that a fault took; tried again while something still recovers."""
    wait_until(lambda: sunbeam("cluster", "start").returncode == 0, "the cloud does not start", 600)


def run(*argv: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Raises CalledProcessError."""
    env = {**os.environ, **(environment or {})}
    return subprocess.run(argv, check=True, capture_output=True, text=True, env=env, timeout=300).stdout


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def restart_daemon() -> None:
    SERVICES.stop("sunbeamd")
    SERVICES.start("sunbeamd")
    wait_until(api_answers, "sunbeamd does not answer")


def api_answers() -> bool:
    async def ask() -> None:
        async with asyncio.timeout(5), Controller(Credentials.from_juju_data(PATHS.juju_data)) as controller:
            await controller.models()

    try:
        asyncio.run(ask())
    except Exception:  # whatever stands in the way
        return False
    return True


def container(unit: str) -> tuple[str, int]:
    """Name and process of the container of a unit (nova/0) or of the first machine (machine-0)."""
    found: list[tuple[str, int]] = []

    def running() -> bool:
        for file in (PATHS.run / "pids").glob(f"{unit.replace('/', '-')}-*.pid"):
            with suppress(FileNotFoundError, ValueError):  # it is being replaced
                found.append((file.stem, int(file.read_text())))
        return bool(found)

    wait_until(running, f"{unit} has no container")
    return found[0]


def within(unit: str, *argv: str) -> str:
    return run("nsenter", f"--target={container(unit)[1]}", "--all", "--", *argv)


def pebble(unit: str, action: str, service: str) -> None:
    """POST /v1/services of the container's Pebble."""

    async def ask() -> None:
        folder = f"/proc/{container(unit)[1]}/root/" + ("run" if unit == "machine-0" else "charm/container")
        connector = aiohttp.UnixConnector(path=f"{folder}/pebble.socket")
        async with aiohttp.ClientSession(connector=connector) as session:
            body = {"action": action, "services": [service]}
            async with session.post("http://pebble/v1/services", json=body) as answer:
                assert answer.status == 202, await answer.text()

    asyncio.run(ask())


@contextmanager
def changed(path: Path, content: str | bytes, after: Callable[[], object] = lambda: None) -> Fault:
    """The same file (its inode stays) with another content; ``after`` is done when it is back."""
    before = path.read_bytes()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        yield
    finally:
        path.write_bytes(before)
        after()


@contextmanager
def mounted(source: Path, target: Path) -> Fault:
    run("mount", "--bind", source, target)
    try:
        yield
    finally:
        run("umount", "--lazy", target)
