"""Undoing a bootstrap leaves what `cluster destroy` leaves, and the record of it."""

from __future__ import annotations

import subprocess
import sys

from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.bootstrap.small_bootstrap import REPOSITORY

SECONDS = 180
RUN = f"{sys.executable} -m tests.functional.bootstrap.small_bootstrap"


def alone(cloud: SmallCloud, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a network of its own: what is taken down may not be somebody else's bridge."""
    alone = "mount -t sysfs sysfs /sys && ip link set lo up"
    words = ["unshare", "--net", "--mount", "sh", "-c", f"{alone} && {script}"]
    return subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, cwd=REPOSITORY)


def test_an_undone_bootstrap_leaves_only_its_record(cloud: SmallCloud) -> None:
    own = sorted(path.name for path in cloud.root.iterdir() if path.name not in ("var", "run", "etc"))
    command = f"{RUN} {cloud.root}"
    ended = alone(cloud, f"{command} && {command} undo 1 --dry-run && {command} undo 1")
    assert ended.returncode == 0, ended.stdout + ended.stderr + cloud.logs()
    assert "stop services sunbeamd, etcd" in ended.stdout
    assert "Undone in" in ended.stdout
    (change,) = cloud.changes()
    assert change.status == "undone" and {str(task.status) for task in change.tasks} <= {
        "undone",
        "unchanged",
    }
    assert cloud.processes("--data-dir") == [] and cloud.processes("daemon") == []
    assert not cloud.paths.etc.exists()
    assert sorted(path.name for path in cloud.paths.state.iterdir()) == ["journal.db", "log"]
    assert sorted(path.name for path in cloud.root.iterdir() if path.name not in ("var", "run", "etc")) == own
