"""What the page does, it does by the very commands that a person would type.

One that changes something is a process of its own, which outlives the view: it is the change's watcher and
not ours to end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.event_log import parse_line
from sunbeam.core.events import ChangeStarted, ProblemFound
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed, SystemProcesses
from sunbeam.web.answers import forget_answers
from sunbeam.web.previewing import Outcome, outcome

LONGEST_LINE = 1 << 22
ERROR_LINES = 40
LONGEST_SECONDS = 120.0

logger = logging.getLogger("sunbeam.web")


@dataclass
class Attempt:
    """A command that was started; what it said until the change began, or why there is none."""

    words: tuple[str, ...]
    running: bool = True
    began: bool = False
    problems: list[Problem] = field(default_factory=list)
    error: str = ""

    @property
    def looking(self) -> bool:
        """Whether it still looks at the machine."""
        return self.running and not self.began

    @property
    def refused(self) -> bool:
        """Whether it ended before anything was changed."""
        return not self.running and not self.began and bool(self.error or self.problems)


COMMAND = (sys.executable, "-m", "sunbeam")


class Commands:
    """One attempt at a time; ``last`` is the newest.  The change lock guards against those of others."""

    def __init__(self, paths: Paths, command: Sequence[str | Path] = COMMAND) -> None:
        self._paths = paths
        self._command = command
        self._processes = SystemProcesses()
        self._looking = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None
        self.last: Attempt | None = None

    def begin(self, *words: str) -> None:
        """Start ``sunbeam WORDS``, unless an attempt of ours is still looking."""
        if self.last is None or not self.last.looking:
            self.last = Attempt(words)
            self._following = asyncio.create_task(self._follow(self.last))

    async def preview(self, *words: str) -> Outcome:
        """What ``sunbeam WORDS`` would do."""
        return outcome(await self.output(*words, "--dry-run", "--output", "json"))

    async def output(self, *words: str) -> Completed:
        """Run ``sunbeam WORDS``, which only looks, to its end; one at a time.  Raises SunbeamError."""
        async with self._looking:
            argv = [*self._command, *words]
            root = {"SUNBEAM_ROOT": str(self._paths.root)}
            try:
                return await self._processes.run(
                    argv, env=root, cwd=Path("/"), check=False, timeout=LONGEST_SECONDS
                )
            except TimeoutError:
                command = f"sunbeam {' '.join(words)}"
                raise SunbeamError(
                    f"{command} took longer than {LONGEST_SECONDS:.0f} s",
                    next_command=command,
                    id="command-too-slow",
                ) from None

    async def stop(self) -> None:
        """Stop listening to the command; it goes on."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def _follow(self, attempt: Attempt) -> None:
        try:
            await self._run(attempt)
        except OSError as error:
            attempt.error = str(error)
        finally:
            attempt.running = False

    async def _run(self, attempt: Attempt) -> None:
        process = self._start(attempt.words)
        async with _reader(process.stdout) as output, _reader(process.stderr) as errors:
            told = asyncio.create_task(_tail(errors))
            async for line in output:
                _take(attempt, line)
            attempt.error = (await told).strip().removeprefix("Error: ")
        code = await asyncio.to_thread(process.wait)
        logger.info("sunbeam %s ended with %d", " ".join(attempt.words), code)
        if not code:
            forget_answers(self._paths)
        if code and not attempt.began and not attempt.error:
            attempt.error = f"sunbeam {' '.join(attempt.words)} ended with {code}"

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        """Not with asyncio, which kills a program that it forgets."""
        return subprocess.Popen(
            [*map(str, self._command), *words, "--output", "json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "SUNBEAM_ROOT": str(self._paths.root)},
        )


@asynccontextmanager
async def _reader(pipe: IO[bytes] | None) -> AsyncIterator[asyncio.StreamReader]:
    reader = asyncio.StreamReader(LONGEST_LINE)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        yield reader
    finally:
        transport.close()


def _take(attempt: Attempt, line: bytes) -> None:
    event = parse_line(line)
    if isinstance(event, ChangeStarted):
        attempt.began = True
    elif isinstance(event, ProblemFound):
        attempt.problems.append(event.problem)


async def _tail(stream: asyncio.StreamReader) -> str:
    lines: list[bytes] = []
    async for line in stream:
        lines = [*lines[-ERROR_LINES + 1 :], line]
    return b"".join(lines).decode("utf-8", "replace")
