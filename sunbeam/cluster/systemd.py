"""Programs of a node as systemd units."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sunbeam.cluster.services import LAST_LINES, Service
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import replace_file

UNIT_FOLDER = Path("etc/systemd/system")


class SystemdServices:
    """Units named ``sunbeam-NAME.service``."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.root / UNIT_FOLDER

    def installed(self, service: Service) -> bool:
        """Also that systemd knows it as it is, and starts it with the machine: ``install`` may be cut off."""
        unit = self._unit(service.name)
        if not unit.exists() or unit.read_text() != systemd_unit(service):
            return False
        shown = _output("systemctl", "show", "--property=UnitFileState,NeedDaemonReload", unit.name)
        return set(shown.splitlines()) == {"UnitFileState=enabled", "NeedDaemonReload=no"}

    def install(self, service: Service) -> None:
        unit = self._unit(service.name)
        replace_file(unit, systemd_unit(service).encode(), 0o644)
        _systemctl("daemon-reload")
        _systemctl("enable", unit.name)

    def start(self, name: str) -> None:
        _systemctl("start", f"sunbeam-{name}.service")

    def stop(self, name: str) -> None:
        if self._unit(name).exists():  # systemctl refuses to stop what it does not know
            _systemctl("stop", f"sunbeam-{name}.service")

    def running(self, name: str) -> bool:
        return _systemctl("is-active", "--quiet", f"sunbeam-{name}.service", check=False) == 0

    def restarts(self, name: str) -> int:
        shown = _output("systemctl", "show", "--property=NRestarts", "--value", f"sunbeam-{name}.service")
        return int(shown) if shown.isdecimal() else 0

    def last_words(self, name: str) -> str:
        unit = f"sunbeam-{name}.service"
        return _output("journalctl", "--output=cat", f"--lines={LAST_LINES}", f"_SYSTEMD_UNIT={unit}")

    def remove(self, name: str) -> None:
        unit = self._unit(name)
        if unit.exists():
            _systemctl("disable", "--now", unit.name, check=False)
            unit.unlink()
            _systemctl("daemon-reload")

    def _unit(self, name: str) -> Path:
        return self._folder / f"sunbeam-{name}.service"

    def log_command(self, *names: str) -> str:
        return "journalctl -n 50 " + " ".join(f"-u sunbeam-{name}" for name in names)


def _output(*words: str) -> str:
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return ended.stdout.strip()


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
            "StartLimitIntervalSec=0",
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
            id="systemctl-failed",
        )
    return ended.returncode
