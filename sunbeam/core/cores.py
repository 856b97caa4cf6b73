"""How many processor cores there are for us."""

from __future__ import annotations

import os


def cores() -> int:
    """Those that this process may run on: a container or a service may have fewer than the machine."""
    return len(os.sched_getaffinity(0))
