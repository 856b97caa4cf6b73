"""What an executor is asked to run, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OnLine = Callable[[str], None]

KILLED = 137
"""The exit code of a hook whose process was killed (128 + SIGKILL)."""


@dataclass(frozen=True)
class HookTask:
    """One hook to run in ``charm``, the unit's own folder; ``revision`` is the shared, read-only one.

    ``containers`` is to be seen as /charm/containers, then ``hosts`` as /etc/hosts; ``machine_pid`` names the
    namespaces of the machine container to run in; ``script`` is a shell script to run instead of the charm
    (juju-exec), for at most ``timeout`` seconds.
    """

    environment: dict[str, str]
    charm: Path
    revision: Path
    containers: Path | None = None
    machine_pid: int = 0
    script: str | None = None
    timeout: float | None = None
    hosts: Path | None = None


@dataclass(frozen=True)
class HookResult:
    """``stdout`` and ``stderr`` are kept of scripts only; lines of hooks go to ``on_line`` as they come."""

    code: int
    stdout: str = ""
    stderr: str = ""


class Executor(Protocol):
    async def run(self, task: HookTask, on_line: OnLine) -> HookResult:
        """Run to the end.  Cancelling kills the hook with all its processes."""
        ...

    async def stop(self) -> None:
        """End whatever the executor keeps running between hooks."""
        ...
