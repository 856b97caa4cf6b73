"""Starting programs, and collecting every child that ends, ours or an orphan's."""

from __future__ import annotations

import os
import signal
import subprocess

from .loop import Future, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .users import Owner


class Child:
    """A running program, leader of its own session.  ``exited`` gets its exit code, 128 + N for signal N."""

    def __init__(self, process: subprocess.Popen[bytes], exited: Future) -> None:
        self.process = process
        self.pid = process.pid
        self.exited = exited

    def signal(self, number: int) -> None:
        """To the program itself."""
        if not self.exited.done:
            os.kill(self.pid, number)

    def signal_group(self, number: int) -> None:
        """To the program and what it started, even when it is gone itself."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return


class Children:
    """The only place that waits for processes, so that it is a safe process 1."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._running: dict[int, Child] = {}
        loop.on_signal(signal.SIGCHLD, self._collect)

    def start(
        self,
        argv: list[str],
        environment: dict[str, str],
        owner: Owner | None = None,
        folder: str | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.STDOUT,
        prepare: Callable[[], None] | None = None,
    ) -> Child:
        """Raises OSError.  Our ends of pipes do not block."""
        changed: dict[str, Any] = {}
        if owner is not None and not owner.is_current():
            changed = {"user": owner.uid, "group": owner.gid, "extra_groups": []}
        process: subprocess.Popen[bytes] = subprocess.Popen(
            argv,
            bufsize=0,
            env=environment,
            cwd=folder,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=prepare,
            **changed,
        )
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        child = Child(process, Future(self._loop))
        self._running[child.pid] = child
        return child

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            child = self._running.pop(pid, None)
            if child is not None:
                ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
                code = 128 + ended_by if ended_by else os.WEXITSTATUS(status)
                child.process.returncode = code
                child.exited.resolve(code)
