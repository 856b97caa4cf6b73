"""Debian packages of a node beside other programs that install some."""

from __future__ import annotations

from pathlib import Path

from sunbeam.core.change import Change
from sunbeam.core.process import Completed, ProcessFailed
from sunbeam.tasks.packages import FetchEtcd
from tests.unit.core.bench import Workbench


async def test_etcd_is_fetched_once_another_apt_has_ended(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)

    def update(argv: tuple[str, ...], input: str | None) -> str:
        if bench.clock.seconds < 60:
            raise ProcessFailed(Completed(argv, 100, "", "E: Could not get lock /var/lib/apt/lists/lock"))
        return ""

    bench.processes.expect("apt-get", "update", answer=update)
    bench.processes.expect("apt-get", "download")
    await bench.engine.run(Change("t", "T", [FetchEtcd()]))
    assert bench.processes.calls[-1][:2] == ("apt-get", "download")
