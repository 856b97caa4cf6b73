"""The one seam to other programs: everything Sunbeam executes goes through ``Processes``."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Completed:
    """A finished program; ``stdout`` and ``stderr`` are text with undecodable bytes escaped."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str = ""
    stderr: str = ""


class ProcessFailed(Exception):
    """A program ended with another exit code than 0; its last lines are in the text."""

    def __init__(self, completed: Completed) -> None:
        self.completed = completed
        tail = "\n".join((completed.stderr or completed.stdout).strip().splitlines()[-5:])
        super().__init__(f"{Path(completed.argv[0]).name} ended with {completed.returncode}: {tail}")


class Processes(Protocol):
    """Runs programs.  Arguments must never hold secrets: pass those by ``input``, ``env`` or a file."""

    async def run(
        self,
        argv: Sequence[str | Path],
        *,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run to the end.  ``env`` is added to ours; ``on_line`` gets each line of stdout as it comes.

        Raises ProcessFailed (``check`` and exit code not 0), FileNotFoundError (no such program),
        TimeoutError (``timeout`` seconds passed; the whole process group is killed).
        """
        ...


class SystemProcesses:
    """The real one: a process group of its own per program, killed whole on timeout or cancel.

    ``environment`` is asked at each start for what is added to our own environment.
    """

    def __init__(self, environment: Callable[[], Mapping[str, str]] = dict) -> None:
        self._environment = environment

    async def run(
        self,
        argv: Sequence[str | Path],
        *,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        words = tuple(str(word) for word in argv)
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE if input is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment(), **(env or {})},
            cwd=cwd,
            start_new_session=True,
            limit=1 << 24,
        )
        try:
            async with asyncio.timeout(timeout):
                out, err, _, _ = await asyncio.gather(
                    _read(process.stdout, on_line),
                    _read(process.stderr, None),
                    _feed(process.stdin, input),
                    process.wait(),
                )
        except BaseException:
            # Even if the program itself has ended: what it left behind is of its group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            raise
        completed = Completed(words, process.returncode or 0, out, err)
        if check and completed.returncode:
            raise ProcessFailed(completed)
        return completed


async def _read(stream: asyncio.StreamReader | None, on_line: Callable[[str], None] | None) -> str:
    assert stream is not None
    if on_line is None:
        return (await stream.read()).decode("utf-8", "backslashreplace")
    lines = []
    async for raw in stream:
        lines.append(raw.decode("utf-8", "backslashreplace"))
        on_line(lines[-1].rstrip("\n"))
    return "".join(lines)


async def _feed(stream: asyncio.StreamWriter | None, text: str | None) -> None:
    if stream is None or text is None:
        return
    try:
        stream.write(text.encode())
        await stream.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the program ended without reading; its exit code tells why
    finally:
        stream.close()
