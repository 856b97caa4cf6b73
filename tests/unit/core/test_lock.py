from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from sunbeam.core.lock import ChangeLocked, Holder, change_lock, holder

HOLDER = """
import sys, time
from pathlib import Path
from sunbeam.core.lock import change_lock
with change_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

CONTENDER = """
import os, sys, time
from pathlib import Path
from sunbeam.core.lock import ChangeLocked, change_lock
lock, folder = map(Path, sys.argv[1:])
try:
    with change_lock(lock):
        try:
            os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            (folder / f"overlap-{os.getpid()}").touch()
        (folder / f"held-{os.getpid()}").touch()
        time.sleep(0.1)
        (folder / "inside").unlink()
except ChangeLocked:
    (folder / f"refused-{os.getpid()}").touch()
"""


def test_a_second_process_is_told_who_holds_it_and_a_dead_holder_does_not_block(tmp_path: Path) -> None:
    lock = tmp_path / "run/change.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(ChangeLocked) as refused, change_lock(lock):
            pass
        assert f"process {holder.pid} (sunbeam" in refused.value.why and "since 20" in refused.value.why
    finally:
        holder.kill()
        holder.wait()
    with change_lock(lock):
        assert str(holder.pid) not in lock.read_text()


def test_a_lock_that_its_last_holder_removed_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our opening the file and locking it, as if that holder had ended then."""
    path = tmp_path / "run/change.lock"
    locked = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", locked)
        path.unlink()
        locked(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with change_lock(path), pytest.raises(ChangeLocked), change_lock(path):
        pass


def test_a_process_that_got_a_dead_holders_number_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "change.lock"
    us = Holder(os.getpid(), "1", "sunbeam cluster bootstrap", "2026-01-01T00:00:00Z")
    path.write_text(json.dumps(asdict(us)))
    assert holder(path) is None
    with change_lock(path):
        found = holder(path)
        assert found is not None and found.pid == os.getpid() and found.ticks != "1"
    assert holder(path) is None


def test_of_many_processes_one_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "change.lock"
    several = [
        subprocess.Popen([sys.executable, "-c", CONTENDER, str(lock), str(tmp_path)]) for _ in range(4)
    ]
    assert sorted(process.wait() for process in several) == [0, 0, 0, 0]
    held, refused = (list(tmp_path.glob(f"{word}-*")) for word in ("held", "refused"))
    assert len(held) + len(refused) == 4 and held
    assert not list(tmp_path.glob("overlap-*"))
