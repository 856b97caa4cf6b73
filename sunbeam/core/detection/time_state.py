"""Whether this machine's clock follows a time source, as the kernel and the list of processes tell."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

DAEMONS = ("chronyd", "systemd-timesyn", "ntpd", "ntpsec", "openntpd")
"""As /proc writes them: 15 characters."""
NAMES = {"systemd-timesyn": "systemd-timesyncd"}
UNSYNCHRONISED = 5
MICROSECOND = 1e-6


@dataclass(frozen=True)
class TimeState:
    """``error`` is the kernel's estimate in seconds; ``daemon`` is empty if none of those we know runs."""

    synchronised: bool = False
    error: float = 0.0
    daemon: str = ""


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


def time_daemon(root: Path = Path("/")) -> str:
    """The name of the running time daemon."""
    for file in (root / "proc").glob("[0-9]*/comm"):
        try:
            name = file.read_text().strip()
        except OSError:
            continue  # it ended meanwhile
        if name in DAEMONS:
            return NAMES.get(name, name)
    return ""
