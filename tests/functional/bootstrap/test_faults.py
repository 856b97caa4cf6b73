"""What a person is told when something is broken, and that the same command continues once it is not."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.cluster.daemon import key_file
from sunbeam.cluster.services import DAEMON, ETCD, services_of
from tests.functional.bootstrap.bootstrap_harness import SmallCloud

GREET = 'event.relation.data[self.app]["greeting"] = "hello"'
RAISE = 'raise RuntimeError("no greeting today")'


async def test_a_charm_that_raises_is_heard_and_continues_when_it_is_repaired(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = cloud.charms / "greeter/src/charm.py"
    working = source.read_text()
    source.write_text(working.replace(GREET, RAISE))
    with monkeypatch.context() as impatient:
        impatient.setenv("SUNBEAM_GRACE", "8")
        told = fails(cloud)
    assert "Error: not every application became active\n  where: model small" in told
    assert 'greeter/0: error: hook failed: "greeting-relation-created"' in told
    assert "RuntimeError: no greeting today" in told
    assert "  next: sunbeam debug log --unit greeter/0" in told

    source.write_text(working)
    succeeds(cloud)
    units = {unit.name: unit.workload.message for unit in (await cloud.status()).units()}
    assert units == dict.fromkeys(("greeter/0", "listener/0", "listener/1"), "installed 1 times")
    assert [str(change.status) for change in cloud.changes()] == ["done"]


def test_damaged_state_is_named_and_untouched(cloud: SmallCloud) -> None:
    succeeds(cloud)
    database, key = cloud.paths.engine / "engine.db", key_file(cloud.paths)
    for file, content, what in (
        (database, b"this is no database\n" * 500, "The operators' database cannot be read"),
        (key, bytes(range(32)), "The secrets of this cloud cannot be opened"),
        (key, b"short", "The secrets of this cloud cannot be opened"),
        (key, None, "The secrets of this cloud cannot be opened"),
    ):
        services_of(cloud.paths).stop(DAEMON)
        good = file.read_bytes()
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
        told = fails(cloud)
        assert f"Error: {what}\n  where: {file}\n  why: " in told and "  next: sunbeam cluster start" in told
        assert (file.read_bytes() if file.exists() else None) == content
        file.write_bytes(good)
    succeeds(cloud)


def test_damaged_data_of_etcd_is_told_at_once(cloud: SmallCloud) -> None:
    succeeds(cloud)
    services = services_of(cloud.paths)
    for name in (DAEMON, ETCD):
        services.stop(name)
    database = cloud.paths.state / "etcd/member/snap/db"
    good = database.read_bytes()
    database.write_bytes(bytes(20_000) + good[20_000:])
    began = time.monotonic()
    told = fails(cloud)
    assert time.monotonic() - began < 30
    assert f"Error: etcd ends again and again\n  where: {cloud.paths.state}/etcd\n  why: " in told
    assert "member/snap/db" in told or "database" in told, told
    assert f"put back {cloud.paths.state}/etcd of a backup" in told
    database.write_bytes(good)
    succeeds(cloud)


@pytest.fixture
def small_disk(core: Path, etcd: Path) -> Iterator[SmallCloud]:
    """A machine whose disk has 300 MiB."""
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", root], check=True)
    cloud = SmallCloud.on(root, core, etcd)
    try:
        yield cloud
    finally:
        cloud.remove()
        subprocess.run(["umount", "--lazy", root], check=True)
        root.rmdir()


@pytest.mark.parametrize("left", [0, 64 << 10, 40 << 20], ids=["nothing", "64KiB", "40MiB"])
def test_a_full_disk_is_named_and_the_same_command_continues(small_disk: SmallCloud, left: int) -> None:
    filler = small_disk.root / "filler"
    size = shutil.disk_usage(small_disk.root).free - left
    subprocess.run(["fallocate", "--length", str(size), filler], check=True)
    told = fails(small_disk)
    assert str(small_disk.root) in told
    assert "disk is full" in told and "  next: df -h " in told, told
    filler.unlink()
    succeeds(small_disk)


def fails(cloud: SmallCloud) -> str:
    """What a bootstrap that fails says."""
    ended = cloud.bootstrap()
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stderr


def succeeds(cloud: SmallCloud) -> None:
    ended = cloud.bootstrap()
    assert ended.returncode == 0, ended.stderr + cloud.logs()
