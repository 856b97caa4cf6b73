"""One thread, one loop: coroutines that wait for descriptors, timers, signals and each other.

It is here because importing asyncio costs 8 MB and 60 ms in every container.
"""

from __future__ import annotations

import _thread
import heapq
import os
import select
import signal
import sys
import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from typing import Any

_READ, _WRITE = 0, 1


class Cancelled(BaseException):
    """Thrown into a job that was cancelled, at the place where it waits."""


class TimedOut(Exception):
    """What was waited for did not happen in time."""


class Future:
    """A value that will be there later.  The first ``resolve`` or ``fail`` counts."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.callbacks: list[Callable[[], None]] = []

    def resolve(self, value: Any = None) -> None:
        self._finish(value, None)

    def fail(self, error: BaseException) -> None:
        self._finish(None, error)

    def _finish(self, value: Any, error: BaseException | None) -> None:
        if self.done:
            return
        self.done, self.value, self.error = True, value, error
        self.loop.ready.extend(self.callbacks)
        self.callbacks.clear()

    def when_done(self, callback: Callable[[], None]) -> None:
        if self.done:
            self.loop.ready.append(callback)
        else:
            self.callbacks.append(callback)

    def __await__(self) -> Generator[Future, None, Any]:
        if not self.done:
            yield self
        if self.error is not None:
            raise self.error
        return self.value


class Job(Future):
    """A coroutine that runs on its own; its future value is what the coroutine returns."""

    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, Any]) -> None:
        super().__init__(loop)
        self._coroutine = coroutine
        self._turn = 0
        loop.ready.append(self._resume_at(0))

    def cancel(self) -> None:
        """Raise Cancelled in the coroutine, soon.  Nothing happens when it has ended."""
        if not self.done:
            self._turn += 1
            self.loop.ready.append(self._resume_at(self._turn, Cancelled()))

    def _resume_at(self, turn: int, error: BaseException | None = None) -> Callable[[], None]:
        def resume() -> None:
            if turn == self._turn and not self.done:
                self._step(error)

        return resume

    def _step(self, error: BaseException | None) -> None:
        try:
            awaited = self._coroutine.throw(error) if error else self._coroutine.send(None)
        except StopIteration as stop:
            self.resolve(stop.value)
        except Cancelled:
            self.resolve()
        except Exception as problem:
            if not self.callbacks:
                sys.excepthook(type(problem), problem, problem.__traceback__)
            self.fail(problem)
        else:
            self._turn += 1
            awaited.when_done(self._resume_at(self._turn))


class Loop:
    def __init__(self) -> None:
        self.ready: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Future]] = []
        self._count = 0
        self._waits: dict[int, list[Future | None]] = {}
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._from_threads: deque[Callable[[], None]] = deque()
        self._wake_out, self._wake_in = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> Job:
        return Job(self, coroutine)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run until ``coroutine`` ends and return its value."""
        wakes = self.start(self._wakes())
        main = self.start(coroutine)
        main.when_done(wakes.cancel)
        while True:
            self._run_ready()
            if main.done and wakes.done:
                break
            self._poll()
        if main.error is not None:
            raise main.error
        return main.value

    def _run_ready(self) -> None:
        for _ in range(len(self.ready)):
            self.ready.popleft()()

    def _poll(self) -> None:
        now = time.monotonic()
        while self._timers and (self._timers[0][0] <= now or self._timers[0][2].done):
            heapq.heappop(self._timers)[2].fail(TimedOut())
        pause = 0.0 if self.ready else self._timers[0][0] - now if self._timers else -1
        for fd, events in self._epoll.poll(pause):
            reader, writer = self._waits.get(fd, (None, None))
            if reader and events & ~select.EPOLLOUT:
                reader.resolve()
            if writer and events & ~select.EPOLLIN:
                writer.resolve()

    async def wait(self, future: Future, timeout: float | None = None) -> Any:
        """The value of ``future``; raises TimedOut after ``timeout`` seconds, and leaves ``future`` alone."""
        if timeout is None or future.done:
            return await future
        private = Future(self)
        future.when_done(private.resolve)
        self._count += 1
        heapq.heappush(self._timers, (time.monotonic() + timeout, self._count, private))
        try:
            await private
        finally:
            private.resolve()
            if private.resolve in future.callbacks:
                future.callbacks.remove(private.resolve)
        return await future

    async def sleep(self, seconds: float) -> None:
        try:
            await self.wait(Future(self), seconds)
        except TimedOut:
            return

    async def readable(self, fd: int, timeout: float | None = None) -> None:
        await self._wait_for(fd, _READ, timeout)

    async def writable(self, fd: int, timeout: float | None = None) -> None:
        await self._wait_for(fd, _WRITE, timeout)

    async def _wait_for(self, fd: int, side: int, timeout: float | None) -> None:
        waits = self._waits.setdefault(fd, [None, None])
        future = waits[side] = Future(self)
        self._watch(fd, waits)
        try:
            await self.wait(future, timeout)
        finally:
            waits[side] = None
            self._watch(fd, waits)

    def _watch(self, fd: int, waits: list[Future | None]) -> None:
        mask = (select.EPOLLIN if waits[_READ] else 0) | (select.EPOLLOUT if waits[_WRITE] else 0)
        if not mask:
            self._waits.pop(fd, None)
            self._epoll.unregister(fd)
            return
        try:
            self._epoll.modify(fd, mask)
        except FileNotFoundError:
            self._epoll.register(fd, mask)

    def on_signal(self, number: int, handler: Callable[[], None]) -> None:
        self._handlers[number] = handler
        signal.signal(number, lambda *_: None)

    async def in_thread(self, function: Callable[[], Any], timeout: float | None = None) -> Any:
        """Run a blocking function aside.  After ``timeout`` it is left to end on its own."""
        future = Future(self)

        def work() -> None:
            try:
                value, error = function(), None
            except Exception as problem:
                value, error = None, problem
            self._from_threads.append(lambda: future.fail(error) if error else future.resolve(value))
            os.write(self._wake_in, b"\0")

        _thread.start_new_thread(work, ())
        return await self.wait(future, timeout)

    async def _wakes(self) -> None:
        while True:
            await self.readable(self._wake_out)
            for number in set(os.read(self._wake_out, 4096)):
                handler = self._handlers.get(number)
                if handler is not None:
                    handler()
            while self._from_threads:
                self._from_threads.popleft()()
