"""Stopping and removing what runs on a node."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sunbeam.cluster.services import Service, services_of
from sunbeam.core.task import Context
from sunbeam.tasks.removal import RemoveServices, StopDaemon
from tests.unit.core.bench import Workbench


async def test_other_work_goes_on_while_services_take_their_time_to_end(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    services = services_of(bench.paths)
    slow = "trap 'sleep 0.3; exit' TERM; while :; do sleep 0.05; done"
    looks: list[float] = []

    async def other_work() -> None:
        while True:
            await asyncio.sleep(0.02)
            looks.append(asyncio.get_running_loop().time())

    for task in (StopDaemon(), RemoveServices()):
        services.install(Service("sunbeamd", "Slow to end", ["/bin/sh", "-c", slow]))
        services.start("sunbeamd")
        await asyncio.sleep(0.1)
        looks.clear()
        working = asyncio.create_task(other_work())
        await task.act(context)
        working.cancel()
        assert not services.running("sunbeamd")
        assert looks[-1] - looks[0] > 0.2 and len(looks) > 5
