"""Plain tofu on the modules of the cloud, as `sunbeam plans shell` offers it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.e2e.conftest import PROGRAMS, Program

CORE = "core=$(command -v tofu || command -v terraform)"
LOOK = f"{CORE}; $core state list && $core plan -no-color -lock-timeout=30s"
HOLD = f"""\
{CORE}
mkfifo "$0.input"
$core console < "$0.input" > /dev/null &
exec 3> "$0.input"
until sunbeam plans list --format json | grep -q '"locked by": "[^"]'; do sleep 0.5; done
sunbeam plans unlock openstack || echo "refused with $?"
sunbeam plans unlock openstack --force
exec 3>&-
wait
"""
"""A console holds the lock until its input ends."""


def test_plain_tofu_sees_the_state_and_no_difference(tmp_path: Path) -> None:
    told = in_shell(tmp_path, LOOK)
    assert "juju_model." in told
    assert "No changes." in told


def test_a_held_lock_is_released_only_by_force(sunbeam: Program, tmp_path: Path) -> None:
    assert "not locked" in sunbeam("plans", "unlock", "openstack")
    told = in_shell(tmp_path, HOLD)
    assert "refused with 1" in told
    assert "released the lock of" in told
    assert "not locked" in sunbeam("plans", "unlock", "openstack")


def in_shell(folder: Path, commands: str) -> str:
    """What ``commands`` print in the shell that `sunbeam plans shell` opens."""
    script = folder / "shell"
    script.write_text(f"#!/bin/sh\n{commands}\n")
    script.chmod(0o700)
    environment = {**os.environ, "SHELL": str(script), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    argv = [str(PROGRAMS / "sunbeam"), "plans", "shell", "openstack"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
