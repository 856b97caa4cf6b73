"""Whether this machine's clock follows a time source, as the kernel and the list of processes tell."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DAEMONS = ("chronyd", "systemd-timesyn", "ntpd", "ntpsec", "openntpd")
"""As /proc writes them: 15 characters."""
NAMES = {"systemd-timesyn": "systemd-timesyncd"}
STATUS = {
    "chronyd": "chronyc tracking",
    "systemd-timesyncd": "timedatectl timesync-status",
    "ntpd": "ntpq -p",
    "ntpsec": "ntpq -p",
    "openntpd": "ntpctl -s all",
}
"""What tells why a running daemon does not set the clock; most often nothing answers at UDP port 123."""
SERVICES = ("chrony", "ntpsec", "openntpd")
"""Packages with a unit of that name, of which a machine can have one; installing another removes it."""
SWITCH_ON = "timedatectl set-ntp true"
UNSYNCHRONISED = 5
MICROSECOND = 1e-6


@dataclass(frozen=True)
class TimeState:
    """``error`` is the kernel's estimate in seconds; ``daemon`` is empty if none of those we know runs.

    ``service``: that of a daemon that a person installed, whether it runs or not; systemd-timesyncd is not
    meant.
    """

    synchronised: bool = False
    error: float = 0.0
    daemon: str = ""
    service: str = ""

    @property
    def is_ours_to_switch_on(self) -> bool:
        """Nobody keeps the clock, and no daemon is installed that ours would take the place of."""
        return not self.daemon and not self.service

    @property
    def remedy(self) -> str:
        """What a person types where the clock is wrong."""
        if self.daemon:
            return STATUS[self.daemon]
        return f"systemctl enable --now {self.service}" if self.service else SWITCH_ON


class _Timex(ctypes.Structure):
    """The head of the kernel's struct timex; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


def kernel_clock() -> tuple[bool, float]:
    """Whether the kernel holds its clock for synchronised, and the estimated error in seconds."""
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return 0 <= state < UNSYNCHRONISED, timex.esterror * MICROSECOND


def time_state(root: Path, clock: Callable[[], tuple[bool, float]] = kernel_clock) -> TimeState:
    synchronised, error = clock()
    return TimeState(synchronised, error, _daemon(root), _service(root))


def _service(root: Path) -> str:
    units = root / "usr/lib/systemd/system"
    return next((name for name in SERVICES if (units / f"{name}.service").exists()), "")


def _daemon(root: Path) -> str:
    """The name of the running time daemon."""
    for file in (root / "proc").glob("[0-9]*/comm"):
        try:
            name = file.read_text().strip()
        except OSError:
            continue  # it ended meanwhile
        if name in DAEMONS:
            return NAMES.get(name, name)
    return ""
