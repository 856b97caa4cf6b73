"""How long the operator engine takes to bring many related applications to idle.

    python -m tests.bench.engine_scale [APPLICATIONS] [RELATIONS] [warm|native]

Prints a line per phase: wall clock, processor time of the engine and of the charms, hooks run.
"""

from __future__ import annotations

import asyncio
import random
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal, cast

from sunbeam.operators.entities import Model, Unit
from tests.functional.operators.engine_harness import Controller

CHARM = Path(__file__).parent / "charms" / "mesh"
ENDPOINTS = 8
TARGET_SECONDS = 15


def pairs(applications: int, relations: int) -> list[tuple[str, str]]:
    """Random but reproducible ends of relations, at most one per required endpoint."""
    used = [0] * applications
    chosen: list[tuple[str, str]] = []
    candidates = [(a, b) for a in range(applications) for b in range(applications) if a != b]
    random.Random(1).shuffle(candidates)
    for provider, requirer in candidates:
        if len(chosen) < relations and used[requirer] < ENDPOINTS:
            chosen.append((f"app{provider}:p", f"app{requirer}:r{used[requirer]}"))
            used[requirer] += 1
    return chosen


def is_done(controller: Controller, model: Model) -> bool:
    return all(
        unit.agent_status.current == "idle" and unit.workload_status.current == "active"
        for unit in controller.store.all(Unit, model.model_uuid)
    )


async def main(applications: int, relations: int, executor: Literal["warm", "native"]) -> None:
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/var/tmp"))
    controller = Controller(root, executor=executor)
    await controller.engine.start()
    model = controller.model("scale")
    began = time.monotonic()
    for number in range(applications):
        controller.deploy(model, "mesh", f"app{number}", folder=CHARM)
        await asyncio.sleep(0)
    for provider, requirer in pairs(applications, relations):
        controller.relate(model, provider, requirer)
        await asyncio.sleep(0)
    print(f"deployed {applications} applications, {relations} relations: {time.monotonic() - began:.1f} s")
    await controller.until(lambda: is_done(controller, model), seconds=600)
    took = time.monotonic() - began
    await controller.engine.stop()
    own, charms = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    hooks = sum(len(unit.seen.relations) for unit in controller.store.all(Unit, model.model_uuid))
    print(f"idle and active after {took:.1f} s (target {TARGET_SECONDS} s); {hooks} relation ends")
    print(
        f"processor time: engine {own.ru_utime + own.ru_stime:.1f} s,"
        f" charms {charms.ru_utime + charms.ru_stime:.1f} s; engine {own.ru_maxrss // 1024} MiB"
    )
    controller.store.close()
    shutil.rmtree(root)


if __name__ == "__main__":
    words = [*sys.argv[1:], *["30", "80", "warm"][len(sys.argv) - 1 :]]
    asyncio.run(main(int(words[0]), int(words[1]), cast(Literal["warm", "native"], words[2])))
