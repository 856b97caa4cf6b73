"""Long-running programs of a node: systemd units where systemd runs, supervised processes elsewhere.

Both restart a program that ended after one second.  Under systemd a program also comes back with the
machine; without systemd ``sunbeam cluster start`` brings it back.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file

START_SECONDS = 10.0
UNIT_FOLDER = Path("etc/systemd/system")


@dataclass(frozen=True)
class Service:
    """One program: ``argv`` must not hold secrets; ``after`` names services that start before it."""

    name: str
    description: str
    argv: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    stop_seconds: int = 30


class Services(Protocol):
    """Every method is idempotent."""

    def install(self, service: Service) -> None: ...

    def start(self, name: str) -> None: ...

    def stop(self, name: str) -> None:
        """Returns when the program and what supervises it are gone."""
        ...

    def running(self, name: str) -> bool: ...

    def remove(self, name: str) -> None: ...

    def log_command(self, *names: str) -> str:
        """What a person types to read the last lines that these programs wrote."""
        ...


def services_of(paths: Paths) -> Services:
    """The kind that this machine has: systemd if it is process 1 (sd_booted(3)) and ``root`` is its own."""
    if paths.root == Path("/") and Path("/run/systemd/system").is_dir():
        return SystemdServices(paths)
    return SupervisedServices(paths)


class SystemdServices:
    """Units named ``sunbeam-NAME.service``."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.root / UNIT_FOLDER

    def install(self, service: Service) -> None:
        text = systemd_unit(service)
        unit = self._folder / f"sunbeam-{service.name}.service"
        if unit.exists() and unit.read_text() == text:
            return
        unit.write_text(text)
        _systemctl("daemon-reload")
        _systemctl("enable", unit.name)

    def start(self, name: str) -> None:
        _systemctl("start", f"sunbeam-{name}.service")

    def stop(self, name: str) -> None:
        _systemctl("stop", f"sunbeam-{name}.service")

    def running(self, name: str) -> bool:
        return _systemctl("is-active", "--quiet", f"sunbeam-{name}.service", check=False) == 0

    def remove(self, name: str) -> None:
        unit = self._folder / f"sunbeam-{name}.service"
        if unit.exists():
            _systemctl("disable", "--now", unit.name, check=False)
            unit.unlink()
            _systemctl("daemon-reload")

    def log_command(self, *names: str) -> str:
        return "journalctl -n 50 " + " ".join(f"-u sunbeam-{name}" for name in names)


def systemd_unit(service: Service) -> str:
    after = " ".join(["network-online.target", *(f"sunbeam-{name}.service" for name in service.after)])
    requires = [f"Wants=sunbeam-{name}.service" for name in service.after]
    command = " ".join(_systemd_quote(str(word)) for word in service.argv)
    return "\n".join(
        [
            "[Unit]",
            f"Description={service.description}",
            f"After={after}",
            "Wants=network-online.target",
            *requires,
            "",
            "[Service]",
            *(
                f"Environment={_systemd_quote(f'{key}={value}')}"
                for key, value in service.environment.items()
            ),
            f"ExecStart={command}",
            "Restart=always",
            "RestartSec=1",
            "KillMode=process",
            "Delegate=yes",
            "TasksMax=infinity",
            "LimitNOFILE=1048576",
            f"TimeoutStopSec={service.stop_seconds}",
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )


def _systemd_quote(word: str) -> str:
    """systemd.service(5): quote, and double the percent and dollar signs."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _systemctl(*words: str, check: bool = True) -> int:
    """Raises SunbeamError (``check`` and exit code not 0)."""
    ended = subprocess.run(
        ["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if check and ended.returncode:
        raise SunbeamError(
            f"systemctl {words[0]} failed",
            where=words[-1],
            why=ended.stderr.strip(),
            next_command=f"systemctl status {words[-1]}",
        )
    return ended.returncode


class SupervisedServices:
    """One shell loop per program, which alone holds ``/run/sunbeam/NAME.lock``.

    The loop itself writes its process id to ``/run/sunbeam/NAME.pid``: whoever starts it may be killed then.
    """

    def __init__(self, paths: Paths) -> None:
        self._scripts = paths.state / "services"
        self._run = paths.run
        self._logs = paths.logs

    def install(self, service: Service) -> None:
        self._scripts.mkdir(parents=True, exist_ok=True)
        exports = [f"export {key}={shlex.quote(value)}" for key, value in service.environment.items()]
        command = shlex.join(str(word) for word in service.argv)
        pid = shlex.quote(str(self._pid_file(service.name)))
        lock = shlex.quote(str(self._run / f"{service.name}.lock"))
        script = "\n".join(
            [
                "#!/bin/sh",
                f"# {service.description}; restarted one second after it ends, until told to stop.",
                f"exec 9>>{lock}",
                "flock -n 9 || exit 0",
                "set -- $(cat /proc/$$/stat)",
                "shift 21",
                f'echo "$$ $1" > {pid}.new && mv {pid}.new {pid} || exit 1',
                *exports,
                "trap 'stopping=yes; kill -TERM \"$child\" 2>/dev/null' TERM",
                'while [ -z "$stopping" ]; do',
                f"  {command} 9>&- & child=$!",
                '  wait "$child"',
                '  [ -z "$stopping" ] && sleep 1 9>&-',
                "done",
                'while kill -0 "$child" 2>/dev/null; do wait "$child"; done',
                "",
            ]
        )
        path = self._scripts / service.name
        if not path.exists() or path.read_text() != script:
            replace_file(path, script.encode(), 0o700)

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
                )
            time.sleep(0.01)

    def stop(self, name: str) -> None:
        pid = self._pid(name)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            while _started_at(pid) is not None and not _is_zombie(pid):
                _reap(pid)
                time.sleep(0.05)
        self._pid_file(name).unlink(missing_ok=True)

    def running(self, name: str) -> bool:
        return self._pid(name) is not None

    def remove(self, name: str) -> None:
        self.stop(name)
        (self._scripts / name).unlink(missing_ok=True)

    def log_command(self, *names: str) -> str:
        return "tail -n 50 " + " ".join(str(self._logs / f"{name}.log") for name in names)

    def _pid_file(self, name: str) -> Path:
        return self._run / f"{name}.pid"

    def _pid(self, name: str) -> int | None:
        """The supervisor's process id if it is still the process that was started."""
        try:
            pid, started = self._pid_file(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        alive = _started_at(int(pid)) == started and not _is_zombie(int(pid))
        return int(pid) if alive else None


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on (proc(5)), or None if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _started_at(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[19] if fields else None


def _is_zombie(pid: int) -> bool:
    fields = _stat(pid)
    return fields is not None and fields[0] == "Z"


def _reap(pid: int) -> None:
    """Collect the supervisor if it happens to be our own child."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
