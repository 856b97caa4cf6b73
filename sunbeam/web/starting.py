"""Changes that are started from the page: by the very commands that a person would type.

The command is a process of its own, which outlives the view: it is the change's watcher and not ours to end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sunbeam.core.errors import Problem
from sunbeam.core.events import ChangeStarted, ProblemFound
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.web.previewing import Outcome, parse_line, preview, problem_of

LONGEST_LINE = 1 << 22
ERROR_LINES = 40

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


class Starter:
    """One attempt at a time; ``last`` is the newest.  The change lock guards against those of others."""

    def __init__(self, paths: Paths, command: Sequence[str | Path] = COMMAND) -> None:
        self._paths = paths
        self._command = command
        self._following: asyncio.Task[None] | None = None
        self.last: Attempt | None = None

    def begin(self, *words: str) -> None:
        """Start ``sunbeam WORDS``, unless an attempt of ours is still looking."""
        if self.last is None or not self.last.looking:
            self.last = Attempt(words)
            self._following = asyncio.create_task(self._follow(self.last))

    async def preview(self, *words: str) -> Outcome:
        """What ``sunbeam WORDS`` would do."""
        return await preview(SystemProcesses(), self._command, self._paths, words)

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
        process = await asyncio.create_subprocess_exec(
            *map(str, self._command),
            *attempt.words,
            "--output",
            "json",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=LONGEST_LINE,
            cwd="/",
            env={**os.environ, "SUNBEAM_ROOT": str(self._paths.root)},
        )
        assert process.stdout is not None and process.stderr is not None
        errors = asyncio.create_task(_tail(process.stderr))
        async for line in process.stdout:
            _take(attempt, line)
        attempt.error = (await errors).strip().removeprefix("Error: ")
        code = await process.wait()
        logger.info("sunbeam %s ended with %d", " ".join(attempt.words), code)
        if code and not attempt.began and not attempt.error:
            attempt.error = f"sunbeam {' '.join(attempt.words)} ended with {code}"


def _take(attempt: Attempt, line: bytes) -> None:
    event = parse_line(line)
    if isinstance(event, ChangeStarted):
        attempt.began = True
    elif isinstance(event, ProblemFound):
        attempt.problems.append(problem_of(event))


async def _tail(stream: asyncio.StreamReader) -> str:
    lines: list[bytes] = []
    async for line in stream:
        lines = [*lines[-ERROR_LINES + 1 :], line]
    return b"".join(lines).decode("utf-8", "replace")
