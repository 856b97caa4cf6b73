from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.operators.entities import Model, Relation, Secret, Storage
from tests.functional.operators.engine_harness import Controller

MOMENTS = 20
SEED = 7


@pytest.fixture
def root() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))
    yield root
    shutil.rmtree(root)


async def killed_after(root: Path, seconds: float) -> None:
    script = Path(__file__).with_name("crashing_engine.py")
    engine = await asyncio.create_subprocess_exec(
        sys.executable, script, root, "60", stdout=asyncio.subprocess.PIPE
    )
    assert engine.stdout is not None
    assert await engine.stdout.readline() == b"started\n"
    await asyncio.sleep(seconds)
    engine.kill()
    await engine.wait()


def processes_below(root: Path) -> list[str]:
    """Command lines and working folders of processes that have to do with ``root``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = f"{process.joinpath('cmdline').read_bytes()!r} {process.joinpath('cwd').readlink()}"
        except OSError:
            continue
        if str(root) in text:
            found.append(text)
    return found


async def nothing_runs_below(root: Path) -> None:
    for _ in range(200):
        running = processes_below(root)
        if not running:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(running)


async def test_killed_at_random_moments_the_engine_loses_nothing_and_leaves_no_process(root: Path) -> None:
    moments = random.Random(SEED)
    for _ in range(MOMENTS):
        await killed_after(root, moments.uniform(0.0, 0.6))
        await nothing_runs_below(root)

    controller = Controller(root)
    await controller.engine.start()
    try:
        (model,) = controller.store.all(Model)
        for number in (0, 1):
            await controller.until_message(model, f"requirer/{number}", "hello,hello password=first")
            await controller.until_message(model, f"provider/{number}", "hello with 1 peers")
        await controller.until_idle(model)
        (secret,) = controller.store.all(Secret)
        assert secret.latest == 1 and set(secret.grants) == {"requirer"}
        assert [one.tag for one in controller.store.all(Storage)] == ["data/0", "data/1"]
        (relation,) = [one for one in controller.store.all(Relation) if not one.is_peer]
        assert sorted(relation.in_scope) == ["provider/0", "provider/1", "requirer/0", "requirer/1"]
    finally:
        await controller.engine.stop()
        controller.store.close()
