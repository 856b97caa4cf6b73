"""Teardown leaves nothing, whatever state it starts from."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest

from sunbeam.substrates.embedded import trace
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.runtime import EmbeddedRuntime

from .conftest import IMAGE, MODEL, PLAN, TABLE, Start, Substrate

WEB = f"web-0-{MODEL[:8]}"
MARKS = ("sbtest", "sunbeam-test-", "10.214.3", MODEL[:8])
"""What names something of this test, on a machine that does other things as well."""


def ours(lines: list[str]) -> list[str]:
    return [line for line in lines if any(mark in line for mark in MARKS)]


@pytest.fixture
def skipped() -> list[str]:
    """Everything but the folders in which something could be left, to be done in a second."""
    elsewhere = [path for path in Path("/").iterdir() if path.name not in ("etc", "run", "root", "var")]
    others = [path for path in Path("/var/tmp").iterdir() if path.name != f"sunbeam-test-{os.getpid()}"]
    clouds = [Path("/var/lib/containers"), Path("/var/lib/sunbeam"), Path("/run/sunbeam")]
    changing = [each for each in trace.VOLATILE if each != "/var/tmp"]
    return [*changing, *(str(path) for path in (*elsewhere, *others, *clouds))]


async def fill(substrate: Substrate, runtime: EmbeddedRuntime) -> None:
    await runtime.ensure_pod(substrate.pod("web/0", ports=("8080/tcp",), exposed=True))
    await runtime.ensure_machine(substrate.machine("0"))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0") and sight.boot_id("0")))


@pytest.fixture
async def lone(substrate: Substrate, root_file_system: Path) -> Substrate:
    """A substrate with images of its own, for a teardown that takes them as well."""
    substrate.podman = Podman(substrate.processes, substrate.paths)
    return substrate


@pytest.mark.parametrize("damage", ["none", "conmon killed", "records lost", "namespace gone", "podman lost"])
async def test_nothing_is_left(
    damage: str, lone: Substrate, start: Start, root_file_system: Path, skipped: list[str]
) -> None:
    before = await trace.take(lone.processes, skip=skipped)
    await lone.podman.call(["import", root_file_system, IMAGE])
    runtime = await start()
    await fill(lone, runtime)
    between = ours(trace.diff(before, await trace.take(lone.processes, skip=skipped)))
    assert {line.split()[0] for line in between} >= {"file", "mount", "interface", "nftables", "process"}
    await runtime.stop()

    if damage == "conmon killed":
        os.kill(int((runtime.host.pids / f"{WEB}.web.conmon").read_text()), signal.SIGKILL)
    elif damage == "records lost":
        shutil.rmtree(lone.paths.state / "runtime")
        shutil.rmtree(runtime.host.pids)
    elif damage == "namespace gone":
        await lone.processes.run(["ip", "netns", "delete", WEB])
        await lone.processes.run(["ip", "link", "delete", PLAN.external_bridge])
        await lone.processes.run(["nft", "delete", "table", "ip", TABLE])
    elif damage == "podman lost":
        lone.podman.folders.storage_conf.unlink()

    await lone.teardown().run()
    await lone.teardown().run()
    states = [*Path("/run/runc").glob("*/state.json"), *Path("/run/crun").glob("*/status")]
    assert [state for state in states if str(lone.paths.root) in state.read_text()] == []
    shutil.rmtree(lone.paths.root)
    for _ in range(50):
        await asyncio.sleep(0.2)
        left = ours(trace.diff(before, await trace.take(lone.processes, skip=skipped)))
        if not left:
            break
    assert left == []
    lone.paths.root.mkdir()
