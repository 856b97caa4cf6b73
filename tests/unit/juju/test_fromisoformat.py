"""libjuju works without the backport that has no wheel for every Python."""

from __future__ import annotations

import subprocess
import sys

IMPORTS = "import sunbeam.juju, backports.datetime_fromisoformat as b; from juju.controller import Controller"


def test_libjuju_parses_with_the_standard_library() -> None:
    code = f"{IMPORTS}; print(b.datetime_fromisoformat('2026-01-02T03:04:05Z').isoformat(), b.__spec__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["2026-01-02T03:04:05+00:00", "None"], done.stderr
