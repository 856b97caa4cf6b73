"""Following a change that another process makes, by its log: the watcher can come and go."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from sunbeam.core.command import this_command
from sunbeam.core.errors import ExitCode, Interrupted, SunbeamError
from sunbeam.core.event_log import change_log, parse_line
from sunbeam.core.events import ChangeFinished, ChangeStarted, Event, Heartbeat
from sunbeam.core.lock import Holder, holder
from sunbeam.core.paths import Paths
from sunbeam.core.running import INTERRUPTS
from sunbeam.core.status import ChangeStatus
from sunbeam.core.worker import Began, Ended, Told, Worker

LOOK_SECONDS = 0.1
TICK_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0


CODES = {ChangeStatus.HELD: ExitCode.NEEDS_PERSON, ChangeStatus.INTERRUPTED: ExitCode.INTERRUPTED}


class ChangeEnded(SunbeamError):
    """How a change ended that others made: with its own text and exit code."""

    told = True

    def __init__(self, finished: ChangeFinished) -> None:
        super().__init__(finished.error)
        self.exit_code = CODES.get(ChangeStatus(finished.status), ExitCode.FAILED)


class Shown(Protocol):
    """Shows each event; ``tick`` is called twice a second, for what changes with time."""

    def __call__(self, event: Event) -> None: ...

    def tick(self) -> None: ...


class Tail:
    """What is appended to a log; a line is read when it is whole."""

    def __init__(self, descriptor: int, offset: int) -> None:
        self._descriptor = descriptor
        self._offset = offset
        self._rest = b""

    def new(self) -> Iterator[Event]:
        while data := os.pread(self._descriptor, 1 << 16, self._offset):
            self._offset += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                event = parse_line(line)
                if event is not None:
                    yield event

    def close(self) -> None:
        os.close(self._descriptor)


def follow_worker(worker: Worker, show: Shown) -> None:
    """Show what our own worker does.  Raises what it raised; SunbeamError if it was killed."""
    tail: Tail | None = None
    ended: Ended | None = None
    pulse = Pulse(show)
    while ended is None:
        try:
            message = worker.receive(LOOK_SECONDS)
        except EOFError:
            break
        if isinstance(message, Told):
            show(message.event)
        elif isinstance(message, Began):
            tail = Tail(message.log, message.offset)
        elif isinstance(message, Ended):
            ended = message
        _show_new(tail, show)
        pulse.beat()
    code = worker.wait()
    _show_new(tail, show)
    if ended is None:
        why = f"its process ended with {code}" if code >= 0 else f"signal {-code} killed its process"
        raise cut_off(why, this_command())
    if ended.error is not None:
        raise ended.error


def follow_other(paths: Paths, change: int, show: Shown) -> ChangeFinished | None:
    """Show the last run of ``change`` from its beginning until nobody makes it; how it ended, if it did.

    Raises SunbeamError if there is no log of it any more.
    """
    file = change_log(paths.change_logs, change)
    tail = Tail(_opened(file), _last_start(file))
    pulse = Pulse(show)
    last: Event | None = None
    going = True
    while going:
        going = maker(paths, change) is not None
        for last in tail.new():
            show(last)
        if going:
            pulse.beat()
            time.sleep(LOOK_SECONDS)
    tail.close()
    return last if isinstance(last, ChangeFinished) else None


def maker(paths: Paths, change: int) -> Holder | None:
    """Who makes ``change`` now."""
    found = holder(paths.change_lock)
    return found if found is not None and found.change == change else None


def interrupt(found: Holder | None) -> None:
    if found is not None:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)


class Interrupts:
    """Within, Ctrl-C and SIGTERM stop the change, whose end is waited for; a second one ends the waiting.

    One that comes before there is something to ``stop`` is kept.  Raises Interrupted for the second.
    """

    def __init__(self) -> None:
        self._heard = 0
        self._stop: Callable[[], None] | None = None
        self._before: dict[int, Any] = {}

    def stop_by(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        if self._heard:
            stop()

    def __enter__(self) -> Interrupts:
        self._before = {number: signal.signal(number, self._handle) for number in INTERRUPTS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: object) -> None:
        self._heard += 1
        if self._heard > 1:
            raise Interrupted(
                "Not waited for the end", why="the change is being stopped", next_command="sunbeam attach"
            )
        if self._stop is not None:
            self._stop()


class Pulse:
    """Tells a view that time passes, and every 15 seconds that we live."""

    def __init__(self, show: Shown, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._monotonic = monotonic
        self._tick = self._heartbeat = monotonic()

    def beat(self) -> None:
        """Call this often."""
        now = self._monotonic()
        if now - self._tick >= TICK_SECONDS:
            self._tick = now
            self._show.tick()
        if now - self._heartbeat >= HEARTBEAT_SECONDS:
            self._heartbeat = now
            self._show(Heartbeat(0))


def _show_new(tail: Tail | None, show: Shown) -> None:
    for event in tail.new() if tail else ():
        show(event)


def _opened(file: Path) -> int:
    try:
        return os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        raise SunbeamError(
            "There is no log of this change any more",
            where=str(file),
            next_command="sunbeam changes",
            id="log-missing",
        ) from None


def _last_start(file: Path) -> int:
    """Offset of the line with which the last run begins."""
    offset = found = 0
    for line in file.read_bytes().splitlines(keepends=True):
        if isinstance(parse_line(line), ChangeStarted):
            found = offset
        offset += len(line)
    return found


def cut_off(why: str, next_command: str) -> SunbeamError:
    return SunbeamError("The change was cut off", why=why, next_command=next_command, id="change-cut-off")
