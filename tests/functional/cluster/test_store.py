"""The cluster store on a real etcd, with its own certificates."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from etcd3gw.exceptions import Etcd3Exception

from sunbeam.cluster.etcd import etcd_argv, etcd_certificate, etcd_store
from sunbeam.cluster.settings import NodeSettings
from sunbeam.cluster.store import EtcdStore
from sunbeam.core.paths import Paths
from tests.functional.bootstrap.conftest import etcd

__all__ = ["etcd"]

QUOTA = 1 << 20


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def store(etcd: Path, tmp_path: Path) -> Iterator[EtcdStore]:
    """One that is full after a megabyte."""
    paths, (port, peer) = Paths(tmp_path / "root"), free_ports()
    settings = NodeSettings("one", "127.0.0.1", etcd_port=port, etcd_peer_port=peer)
    etcd_certificate(paths)
    _, *options = map(str, etcd_argv(paths, settings))
    options[options.index("--quota-backend-bytes") + 1] = str(QUOTA)
    with (tmp_path / "etcd.log").open("wb") as log:
        running = subprocess.Popen([etcd, *options], stdout=log, stderr=log)
        try:
            yield etcd_store(paths, settings)
        finally:
            running.terminate()
            running.wait()


async def fill(store: EtcdStore) -> None:
    """Raises Etcd3Exception when it is full."""
    for _ in range(3 * QUOTA // 20_000):
        await store.put("big", os.urandom(20_000))


async def answering(store: EtcdStore) -> None:
    deadline = time.monotonic() + 20
    while True:
        with suppress(Etcd3Exception):
            await store.get("nodes")
            return
        assert time.monotonic() < deadline


async def test_a_full_store_takes_writes_again_and_has_lost_nothing(store: EtcdStore) -> None:
    await answering(store)
    await store.put("kept", b"as it was")
    assert not await store.make_room()
    with pytest.raises(Etcd3Exception, match="Too Many Requests"):
        await fill(store)
    with pytest.raises(Etcd3Exception, match="Too Many Requests"):
        await store.put("other", b"x")
    assert await store.make_room()
    await store.put("other", b"x")
    assert (await store.get("kept"), await store.get("other")) == (b"as it was", b"x")
    assert not await store.make_room()
