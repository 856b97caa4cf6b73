"""Stops all containers in the order that loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

from sunbeam.substrates.embedded.container import (
    KEY_LABEL,
    MACHINE_STOP_SECONDS,
    POD_STOP_SECONDS,
    conmon_file,
    is_machine_key,
)
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.process_watch import first_end, is_conmon, pid_in

AT_ONCE = 8
CLEAN_UP_SECONDS = 30.0


async def stop_containers(
    podman: Podman, stopping: Callable[[str], AbstractContextManager[bool]] = lambda name: nullcontext(True)
) -> None:
    """Machines one by one, the last made first, so that guests can still reach the services; then the pods.

    ``stopping`` is held while the container of that name is stopped, and says whether it really is to be.
    Needs nothing but podman, so that it works whoever started the containers.
    """
    running = [each for each in await podman.containers() if each["State"].lower() in ("running", "stopping")]
    ours = [each for each in running if (each["Labels"] or {}).get(KEY_LABEL)]
    machines = [each for each in ours if is_machine_key(each["Labels"][KEY_LABEL])]
    slots = asyncio.Semaphore(AT_ONCE)

    async def stop(name: str, seconds: int) -> None:
        with stopping(name) as really:
            if really:
                await _stop(podman, name, seconds)

    async def stop_pod(name: str) -> None:
        async with slots:
            await stop(name, POD_STOP_SECONDS)

    for machine in sorted(machines, key=lambda each: each["Created"], reverse=True):
        await stop(machine["Names"][0], MACHINE_STOP_SECONDS)

    await asyncio.gather(*(stop_pod(each["Names"][0]) for each in ours if each not in machines))


async def _stop(podman: Podman, name: str, seconds: int) -> None:
    """Podman says that a container has stopped while its conmon still cleans up."""
    conmon = pid_in(conmon_file(podman.folders.pids, name))
    await podman.call(["stop", f"--time={seconds}", name], check=False, timeout=seconds + 60)
    if is_conmon(conmon):
        with suppress(TimeoutError):
            async with asyncio.timeout(CLEAN_UP_SECONDS):
                await first_end([conmon])
