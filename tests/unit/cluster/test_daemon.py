"""sunbeamd while it comes up."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.daemon import serve
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths


async def test_it_stops_at_once_while_etcd_is_down(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = Paths(tmp_path)
    ClusterCertificates(paths.certificates).ensure_authority()
    file = NodeSettings.file(paths)
    file.parent.mkdir(parents=True)
    nobody = 1  # a port on which nobody listens
    file.write_text(NodeSettings("one", "192.0.2.7", etcd_port=nobody).dump())
    stopping = asyncio.Event()
    caplog.set_level(logging.INFO, "sunbeamd")
    serving = asyncio.create_task(serve(paths, stopping))
    async with asyncio.timeout(10):
        while "waiting for the cluster store" not in caplog.text:  # noqa: ASYNC110 (a log has no event)
            await asyncio.sleep(0.01)
    stopping.set()
    async with asyncio.timeout(2):
        await serving
