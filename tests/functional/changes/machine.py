"""A machine in a folder on which ``tests.functional.changes.program`` is run, watched and killed."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.lock import holder
from sunbeam.core.paths import Paths

PROGRAM = [sys.executable, "-u", "-m"]
MODULE = "tests.functional.changes.program"
REPOSITORY = Path(__file__).resolve().parents[3]
SECONDS = 30.0


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Machine:
    root: Path
    module: str = MODULE

    @property
    def paths(self) -> Paths:
        return Paths(self.root)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SUNBEAM_ROOT": str(self.root)}

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command that goes on while the test does."""
        return subprocess.Popen(
            [*PROGRAM, self.module, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=REPOSITORY,
        )

    def do(self, *words: str) -> Ended:
        return ended(self.begin(*words))

    def say(self, word: str = "go") -> None:
        """What the change waits for."""
        (self.root / "go").write_text(word)

    def unsay(self) -> None:
        (self.root / "go").unlink()

    def worker(self) -> int:
        """The process that makes the change, once it waits for the word."""
        found: list[int] = []

        def waits() -> bool:
            made_by = holder(self.paths.change_lock)
            found[:] = [made_by.pid] if made_by and made_by.change else []
            return bool(found) and "waiting for a word" in self.log(made_by.change if made_by else 0)

        until(waits)
        return found[0]

    def making(self) -> int:
        """The process that makes a change."""
        made_by = holder(self.paths.change_lock)
        assert made_by is not None
        return made_by.pid

    def log(self, change: int) -> str:
        file = self.paths.change_logs / f"{change}.ndjson"
        return file.read_text() if file.exists() else ""

    def changes(self) -> list[ChangeRecord]:
        with closing(Journal(self.paths.journal)) as journal:
            return journal.changes()

    def idle(self) -> bool:
        """Whether nobody makes a change."""
        return holder(self.paths.change_lock) is None


def ended(running: subprocess.Popen[str]) -> Ended:
    out, err = running.communicate(timeout=SECONDS)
    return Ended(running.returncode, out, err)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def on_a_terminal(machine: Machine, *words: str) -> tuple[int, int]:
    """Start a command as the leader of a session with a terminal; its pid and our end of the terminal."""
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(REPOSITORY)
        os.execve(PROGRAM[0], [*PROGRAM, machine.module, *words], {**machine.environment, "TERM": "xterm"})
    return pid, terminal


def read_until(terminal: int, word: str) -> str:
    """What the terminal showed, up to ``word``."""
    shown = ""
    while word not in shown:
        shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
