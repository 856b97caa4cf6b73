"""Keeps one container running: adopts or starts it, follows its Pebble, restarts it with back-off."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunbeam.core.process import ProcessFailed
from sunbeam.substrates.embedded.container import SPEC_LABEL, Container
from sunbeam.substrates.embedded.image_watch import ImageWatch
from sunbeam.substrates.embedded.pebble_watch import PebbleView, PebbleWatch
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.process_watch import end, first_end, is_alive, is_conmon, pid_in

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
RUN_TIMEOUT = 900.0


@dataclass(frozen=True)
class Workshop:
    """What all keepers share; ``slots`` bounds how many containers start at the same time."""

    podman: Podman
    images: ImageWatch
    slots: asyncio.Semaphore


@dataclass(frozen=True)
class Processes:
    """A running container: its process 1, and conmon, which holds its output."""

    init: int
    conmon: int


class Keeper:
    """``pid``, ``pebble``, ``problem`` and ``failed`` are what is seen; ``on_change`` hears of changes."""

    def __init__(self, container: Container, workshop: Workshop, on_change: Callable[[], None]) -> None:
        self.container = container
        self.pid = 0
        self.pebble: PebbleView | None = None
        self.problem = ""
        self.failed = False
        self._workshop = workshop
        self._on_change = on_change

    async def run(self, found: Mapping[str, Any] | None = None) -> None:
        """Run until cancelled, which leaves the container as it is.

        ``found`` is the container of this name that ``podman ps`` showed when the runtime started.
        """
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            try:
                running = await self._adopt(found) or await self._start(found)
                found = None
                await self._follow(running)
            except (ProcessFailed, OSError, TimeoutError, ValueError) as error:
                self._note(problem=_sentence(self.container, error), failed=True)
                self._workshop.images.forget(self.container.image)
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            found = await self._look()

    async def _adopt(self, found: Mapping[str, Any] | None) -> Processes | None:
        """The container's processes if it runs as wanted; what is left of it is ended otherwise."""
        if found is None or not (found.get("Pid") and is_alive(found["Pid"])):
            return None
        running = Processes(found["Pid"], pid_in(self.container.conmon_file))
        is_whole = is_conmon(running.conmon)
        if is_whole and found["Labels"].get(SPEC_LABEL) == self.container.spec:
            return running
        await end(running.init, self.container.stop_seconds)
        return None

    async def _start(self, found: Mapping[str, Any] | None) -> Processes:
        container, podman = self.container, self._workshop.podman
        if container.is_machine and found and found["Labels"].get(SPEC_LABEL) == container.spec:
            async with self._workshop.slots:
                await podman.call(["stop", "--time=0", container.name], check=False, timeout=RUN_TIMEOUT)
                await podman.call(["start", container.name], timeout=RUN_TIMEOUT)
        else:
            if not await self._workshop.images.has(container.image):
                self._note(problem=f"image {container.image} is being built")
                await self._workshop.images.wait(container.image)
            async with self._workshop.slots:
                await podman.call(container.argv(), timeout=RUN_TIMEOUT)
        return Processes(pid_in(container.pid_file), pid_in(container.conmon_file))

    async def _follow(self, running: Processes) -> None:
        """Tell what Pebble says until one of the processes ends, and then end the other."""
        self._note(pid=running.init)
        watch = asyncio.create_task(PebbleWatch(lambda: self._socket_folder(running), self._saw).run())
        try:
            await first_end([running.init, running.conmon])
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
        self._note(problem="it ended and is started again")
        await end(running.init, self.container.stop_seconds)

    async def _look(self) -> Mapping[str, Any] | None:
        listing = await self._workshop.podman.containers()
        return next((each for each in listing if self.container.name in each["Names"]), None)

    def _socket_folder(self, running: Processes) -> Path:
        return self.container.socket_folder or Path(f"/proc/{running.init}/root/run")

    def _saw(self, view: PebbleView | None) -> None:
        self.pebble = view
        self._on_change()

    def _note(self, pid: int = 0, problem: str = "", *, failed: bool = False) -> None:
        self.pid, self.problem, self.failed, self.pebble = pid, problem, failed, None
        self._on_change()


def _sentence(container: Container, error: Exception) -> str:
    why = str(error).strip().splitlines()[-1:] or [type(error).__name__]
    return f"container {container.name} could not be started: {why[0]}"
