"""Programs of a node as supervised processes, on a machine without systemd."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sunbeam.cluster.services import LAST_LINES, Service
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file

START_SECONDS = 60.0


class SupervisedServices:
    """One shell loop per program, which alone holds ``/run/sunbeam/NAME.lock``.

    The loop itself writes its process id to ``/run/sunbeam/NAME.pid``, and how its program ended each time to
    ``/run/sunbeam/NAME.ends``: whoever starts it may be killed then.
    """

    def __init__(self, paths: Paths) -> None:
        self._scripts = paths.state / "services"
        self._run = paths.run
        self._logs = paths.logs

    def installed(self, service: Service) -> bool:
        path = self._scripts / service.name
        return path.exists() and path.read_text() == self._script(service)

    def install(self, service: Service) -> None:
        self._scripts.mkdir(parents=True, exist_ok=True)
        replace_file(self._scripts / service.name, self._script(service).encode(), 0o700)

    def start(self, name: str) -> None:
        if self.running(name):
            return
        self._run.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{name}.log").open("ab") as log:
            supervisor = subprocess.Popen(
                ["/bin/sh", self._scripts / name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.running(name):
            if supervisor.poll() or time.monotonic() > deadline:
                raise SunbeamError(
                    f"{name} does not start",
                    where=str(self._scripts / name),
                    why="what should keep it running did not come up",
                    next_command=self.log_command(name),
                    id="program-does-not-start",
                )
            time.sleep(0.01)

    def stop(self, name: str) -> None:
        supervisor = self._supervisor(name)
        if supervisor is not None:
            supervisor.end()
        self._pid_file(name).unlink(missing_ok=True)

    def running(self, name: str) -> bool:
        return self._supervisor(name) is not None

    def restarts(self, name: str) -> int:
        file = self._ends_file(name)
        return len(file.read_text().splitlines()) if file.exists() else 0

    def last_words(self, name: str) -> str:
        try:
            text = (self._logs / f"{name}.log").read_text(errors="backslashreplace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-LAST_LINES:])

    def remove(self, name: str) -> None:
        self.stop(name)
        (self._scripts / name).unlink(missing_ok=True)

    def log_command(self, *names: str) -> str:
        return "tail -n 50 " + " ".join(str(self._logs / f"{name}.log") for name in names)

    def _script(self, service: Service) -> str:
        exports = [f"export {key}={shlex.quote(value)}" for key, value in service.environment.items()]
        command = shlex.join(str(word) for word in service.argv)
        pid = shlex.quote(str(self._pid_file(service.name)))
        ends = shlex.quote(str(self._ends_file(service.name)))
        lock = shlex.quote(str(self._run / f"{service.name}.lock"))
        return "\n".join(
            [
                "#!/bin/sh",
                f"# {service.description}; restarted one second after it ends, until told to stop.",
                f"exec 9>>{lock}",
                "flock -n 9 || exit 0",
                "set -- $(cat /proc/$$/stat)",
                "shift 21",
                f"true > {ends}",
                f'echo "$$ $1 {service.stop_seconds}" > {pid}.new && mv {pid}.new {pid} || exit 1',
                *exports,
                "trap 'stopping=yes; kill -TERM \"$child\" 2>/dev/null' TERM",
                'while [ -z "$stopping" ]; do',
                f"  {command} 9>&- & child=$!",
                '  wait "$child"; code=$?',
                '  [ -n "$stopping" ] && break',
                f'  echo "$code" >> {ends}',
                "  sleep 1 9>&-",
                "done",
                'while kill -0 "$child" 2>/dev/null; do wait "$child"; done',
                "",
            ]
        )

    def _pid_file(self, name: str) -> Path:
        return self._run / f"{name}.pid"

    def _ends_file(self, name: str) -> Path:
        return self._run / f"{name}.ends"

    def _supervisor(self, name: str) -> _Supervisor | None:
        try:
            pid, started, seconds = self._pid_file(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        supervisor = _Supervisor(int(pid), started, int(seconds))
        return supervisor if supervisor.alive else None


@dataclass(frozen=True)
class _Supervisor:
    """The shell loop: ``started`` in clock ticks tells it from a later process with its number."""

    pid: int
    started: str
    stop_seconds: int

    @property
    def alive(self) -> bool:
        fields = _stat(self.pid)
        return fields is not None and fields[19] == self.started and fields[0] != "Z"

    def end(self) -> None:
        """Ask its program to end; after ``stop_seconds`` kill what is left of both, and wait for that."""
        self._kill(os.kill, signal.SIGTERM)
        deadline = time.monotonic() + self.stop_seconds
        killed = False
        while self.alive:
            if not killed and time.monotonic() > deadline:
                self._kill(os.killpg, signal.SIGKILL)
                killed = True
            _reap(self.pid)
            time.sleep(0.05)

    def _kill(self, how: Callable[[int, int], None], number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it may just have ended
            how(self.pid, number)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on (proc(5)), or None if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _reap(pid: int) -> None:
    """Collect the supervisor if it happens to be our own child."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
