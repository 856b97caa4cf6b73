from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sunbeam.core.lock import ChangeLocked, change_lock

HOLDER = """
import sys, time
from pathlib import Path
from sunbeam.core.lock import change_lock
with change_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
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
