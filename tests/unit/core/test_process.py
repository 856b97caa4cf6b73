"""Real programs through the one seam to them."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from sunbeam.core.process import SystemProcesses


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


async def test_a_timeout_ends_the_whole_group_even_after_its_leader(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    script = f"sleep 30 & echo $! > {noted}; exit 0"
    with pytest.raises(TimeoutError):
        await SystemProcesses().run(["sh", "-c", script], timeout=2)
    pid = int(noted.read_text())
    for _ in range(500):
        if not lives(pid):
            return
        await asyncio.sleep(0.01)
    pytest.fail("sleep lives on")


async def test_a_group_that_is_gone_is_no_error() -> None:
    """What it left behind holds its output open and is of another group."""
    with pytest.raises(TimeoutError):
        await SystemProcesses().run(["sh", "-c", "setsid sleep 0.4 & exit 0"], timeout=0.2)
    await asyncio.sleep(0.4)
