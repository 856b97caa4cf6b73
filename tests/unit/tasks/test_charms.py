from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from sunbeam.tasks.charms import charm_folders, packed_aside


async def test_nothing_of_charms_packed_aside_is_left_when_that_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def pack() -> None:
        async with packed_aside() as folder:
            assert len(list(folder.iterdir())) == len(charm_folders())

    packing = asyncio.ensure_future(pack())
    for _ in range(10_000):
        await asyncio.sleep(0.001)
        if list(tmp_path.glob("*/*.charm")):
            break
    packing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await packing
    await asyncio.get_running_loop().shutdown_default_executor()
    assert list(tmp_path.iterdir()) == []
