from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sunbeam.cluster.services import Service, SupervisedServices, SystemdServices
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths


@pytest.fixture
def services(tmp_path: Path) -> Iterator[SupervisedServices]:
    made = SupervisedServices(Paths(tmp_path))
    script = f"echo $$ >> {tmp_path}/pids; exec sleep 60"
    made.install(Service("sleeper", "Sleeps", ["/bin/sh", "-c", script]))
    yield made
    made.stop("sleeper")


def pids(folder: Path) -> list[int]:
    file = folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_that_is_killed_comes_back(services: SupervisedServices, tmp_path: Path) -> None:
    services.start("sleeper")
    until(lambda: len(pids(tmp_path)) == 1)
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    until(lambda: len(pids(tmp_path)) == 2)
    assert services.running("sleeper")


def test_a_starter_killed_too_early_to_know_leaves_one_program(
    services: SupervisedServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sunbeam.cluster.services.START_SECONDS", 0.5)
    services.start("sleeper")
    until(lambda: len(pids(tmp_path)) == 1)
    known = tmp_path / "run/sunbeam/sleeper.pid"
    written = known.read_text()
    known.unlink()
    with pytest.raises(SunbeamError, match="sleeper does not start") as refused:
        known.write_text("1 1\n")
        SupervisedServices(Paths(tmp_path)).start("sleeper")
    assert refused.value.next_command == f"tail -n 50 {tmp_path}/var/lib/sunbeam/log/sleeper.log"
    assert len(pids(tmp_path)) == 1
    known.write_text(written)


def test_a_log_is_where_the_kind_of_service_keeps_it(tmp_path: Path) -> None:
    hint = SystemdServices(Paths(tmp_path)).log_command("etcd", "sunbeamd")
    assert hint == "journalctl -n 50 -u sunbeam-etcd -u sunbeam-sunbeamd"
