"""An engine in a process of its own, to be killed.  Arguments: root folder, seconds after which to stop."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sunbeam.operators.entities import Model
from tests.functional.operators.engine_harness import Controller


async def main(root: str, seconds: str) -> None:
    controller = Controller(Path(root))
    if not controller.store.all(Model):
        model = controller.model()
        controller.deploy(model, "provider", units=2)
        controller.deploy(model, "requirer", units=2)
        controller.relate(model, "provider", "requirer")
    await controller.engine.start()
    print("started", flush=True)
    await asyncio.sleep(float(seconds))
    await controller.engine.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
