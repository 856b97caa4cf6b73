from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sunbeam.core.clock import SystemClock
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Context
from sunbeam.tasks.packages import FetchEtcd
from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.terraform.conftest import core

__all__ = ["core"]


@pytest_asyncio.fixture
async def etcd(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """The distribution's etcd, kept between test runs."""
    assert pytestconfig.cache is not None
    kept = pytestconfig.cache.mkdir("etcd") / "etcd"
    if not kept.exists():
        paths, clock, redactor = Paths(tmp_path), SystemClock(), Redactor()
        journal = Journal(paths.journal)
        host = Host(SystemProcesses(), journal, paths, clock, redactor)
        await FetchEtcd().act(Context(host, paths, clock, print))
        journal.close()
        shutil.copy2(paths.bin / "etcd", kept)
    return kept


@pytest.fixture
def new_cloud(core: Path, etcd: Path) -> Iterator[Callable[[], SmallCloud]]:
    """Machines without a cloud; their roots are short since paths of Unix sockets are bounded."""
    made: list[SmallCloud] = []

    def make() -> SmallCloud:
        made.append(SmallCloud.on(Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp")), core, etcd))
        return made[-1]

    try:
        yield make
    finally:
        for cloud in made:
            cloud.remove()
            shutil.rmtree(cloud.root)


@pytest.fixture
def cloud(new_cloud: Callable[[], SmallCloud]) -> SmallCloud:
    return new_cloud()
