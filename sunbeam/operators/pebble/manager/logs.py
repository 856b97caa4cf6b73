"""What services print: the last of it kept per service, and passed on line by line."""

from __future__ import annotations

import os
import sys
from collections import deque

from .loop import Future, Loop
from .times import format_time, now

_KEPT_BYTES = 100 * 1024
_LONGEST_LINE = 16 * 1024


class Log:
    """Lines of one service: (nanoseconds since 1970, text), at most 100 KiB of them."""

    def __init__(self) -> None:
        self.lines: deque[tuple[int, str]] = deque()
        self._size = 0

    def add(self, stamp: int, text: str) -> None:
        self.lines.append((stamp, text))
        self._size += len(text) + 1
        while self._size > _KEPT_BYTES and len(self.lines) > 1:
            self._size -= len(self.lines.popleft()[1]) + 1

    def tail(self, count: int) -> str:
        return "\n".join("    " + text for _, text in list(self.lines)[-count:])


class Logs:
    """The logs of all services; with ``echo`` each line also goes to our standard output."""

    def __init__(self, loop: Loop, echo: bool) -> None:
        self._loop = loop
        self._echo = echo
        self._logs: dict[str, Log] = {}
        self._added = Future(loop)

    def of(self, service: str) -> Log:
        return self._logs.setdefault(service, Log())

    def add(self, service: str, text: str) -> None:
        stamp = now()
        self.of(service).add(stamp, text)
        if self._echo:
            say(service, text, stamp)
        waiting, self._added = self._added, Future(self._loop)
        waiting.resolve()

    def say(self, text: str) -> None:
        """Something about the manager itself: to our standard output only."""
        if self._echo:
            say("pebble", text)

    def since(self, stamp: int, services: list[str]) -> list[tuple[int, str, str]]:
        """(stamp, service, text) of lines after ``stamp``, in the order they came."""
        return sorted(
            (line[0], name, line[1])
            for name, log in self._logs.items()
            if not services or name in services
            for line in log.lines
            if line[0] > stamp
        )

    async def more(self) -> None:
        """Wait for the next line of any service."""
        await self._loop.wait(self._added)

    async def collect(self, service: str, pipe: int) -> None:
        """Take in lines from ``pipe`` until it ends."""
        rest = b""
        while True:
            await self._loop.readable(pipe)
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                continue
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.add(service, line.decode(errors="replace"))
            if rest and (not data or len(rest) > _LONGEST_LINE):
                self.add(service, rest.decode(errors="replace"))
                rest = b""
            if not data:
                return


def say(who: str, text: str, stamp: int = 0) -> None:
    """A line on our own standard output."""
    try:
        sys.stdout.write(f"{format_time(stamp or now())[:23]}Z [{who}] {text}\n")
        sys.stdout.flush()
    except OSError:  # whoever read it is gone
        return
