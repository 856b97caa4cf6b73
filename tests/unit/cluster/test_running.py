"""Which clouds of ours run, as /proc tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.cluster.running import running_clouds
from tests.fakes.proc import process


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    process(tmp_path, "self", "sunbeam", "check")
    return tmp_path


def test_programs_of_clouds_are_told_by_their_roots(proc: Path) -> None:
    process(proc, "7", "/var/lib/sunbeam/bin/etcd", "--name", "vm")
    process(proc, "8", "/opt/python3", "-m", "sunbeam.cluster.daemon", "/")
    process(proc, "9", "/srv/test/var/lib/sunbeam/bin/etcd", "--name", "vm")
    process(proc, "10", "/usr/bin/etcd", "--data-dir", "/var/lib/etcd")
    process(proc, "11")
    assert running_clouds(proc) == {Path("/"): ["etcd", "sunbeamd"], Path("/srv/test"): ["etcd"]}


def test_a_cloud_with_another_network_has_interfaces_of_its_own(proc: Path) -> None:
    process(proc, "7", "/var/lib/sunbeam/bin/etcd", network="net:[2]")
    assert running_clouds(proc) == {}


def test_a_process_that_ends_meanwhile_is_no_cloud(proc: Path) -> None:
    (proc / "7").mkdir()
    assert running_clouds(proc) == {}
