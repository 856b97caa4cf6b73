from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sunbeam.cluster.etcd import reason
from sunbeam.cluster.services import Service
from sunbeam.cluster.supervised import SupervisedServices
from sunbeam.cluster.systemd import SystemdServices, systemd_unit
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


def test_what_is_installed_is_told_from_what_would_be(services: SupervisedServices, tmp_path: Path) -> None:
    script = f"echo $$ >> {tmp_path}/pids; exec sleep 60"
    same = Service("sleeper", "Sleeps", ["/bin/sh", "-c", script])
    other = Service("sleeper", "Sleeps", ["/bin/sh", "-c", script], {"SUNBEAM_CODE": "2"})
    assert services.installed(same) and not services.installed(other)
    services.install(other)
    assert services.installed(other) and not services.installed(Service("new", "Is not there", ["true"]))


def test_a_starter_killed_too_early_to_know_leaves_one_program(
    services: SupervisedServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.start("sleeper")
    until(lambda: len(pids(tmp_path)) == 1)
    monkeypatch.setattr("sunbeam.cluster.supervised.START_SECONDS", 0.5)
    known = tmp_path / "run/sunbeam/sleeper.pid"
    written = known.read_text()
    known.unlink()
    with pytest.raises(SunbeamError, match="sleeper does not start") as refused:
        known.write_text("1 1 30\n")
        SupervisedServices(Paths(tmp_path)).start("sleeper")
    assert refused.value.next_command == f"tail -n 50 {tmp_path}/var/lib/sunbeam/log/sleeper.log"
    assert len(pids(tmp_path)) == 1
    known.write_text(written)


def test_a_program_that_does_not_end_is_killed(tmp_path: Path) -> None:
    stubborn = SupervisedServices(Paths(tmp_path))
    script = f"trap '' TERM; echo $$ >> {tmp_path}/pids; while :; do sleep 0.1; done"
    stubborn.install(Service("stubborn", "Stays", ["/bin/sh", "-c", script], stop_seconds=1))
    stubborn.start("stubborn")
    until(lambda: len(pids(tmp_path)) == 1)
    began = time.monotonic()
    stubborn.stop("stubborn")
    assert 0.9 < time.monotonic() - began < 8
    until(lambda: not Path(f"/proc/{pids(tmp_path)[0]}").exists())
    assert not stubborn.running("stubborn")


def test_how_often_a_program_ended_and_what_it_said(tmp_path: Path) -> None:
    failing = SupervisedServices(Paths(tmp_path))
    assert (failing.restarts("failing"), failing.last_words("failing")) == (0, "")
    failing.install(Service("failing", "Fails", ["/bin/sh", "-c", "echo out of luck; exit 3"]))
    failing.start("failing")
    until(lambda: failing.restarts("failing") == 1)
    assert failing.last_words("failing") == "out of luck"
    failing.stop("failing")
    failing.start("failing")
    assert failing.restarts("failing") < 2
    failing.stop("failing")


def test_systemd_starts_a_program_again_for_as_long_as_it_takes() -> None:
    unit = systemd_unit(Service("etcd", "Store", ["/bin/etcd"], stop_seconds=7))
    assert "StartLimitIntervalSec=0" in unit.partition("[Service]")[0]
    assert "TimeoutStopSec=7" in unit and "Restart=always" in unit


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "2026-11-21 12:43:59.25 I | embed: name = default\n"
            "2026-11-21 12:43:59.26 C | backend: invalid database\n"
            "panic: cannot open db (invalid database)\n\ngoroutine 131 [running]:\n\tbackend.go:164 +0x3fd",
            "cannot open db (invalid database)",
        ),
        ("2026-11-21 12:43:59.73 C | etcdmain: wal: crc mismatch", "etcdmain: wal: crc mismatch"),
        (
            '{"level":"fatal","msg":"discovery failed","error":"wal: crc mismatch"}\n{"level":"info"}',
            "discovery failed: wal: crc mismatch",
        ),
        ("one\ntwo\n{odd\nfour", "two\n{odd\nfour"),
    ],
)
def test_why_etcd_ended(words: str, told: str) -> None:
    assert reason(words) == told


SYSTEMCTL = """\
#!/bin/sh
cd {folder} || exit 1
case $1 in
    show) cat shown ;;
    *) echo "$@" >> told ;;
esac
"""
ENABLED = "NeedDaemonReload=no\nUnitFileState=enabled\n"


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemdServices:
    """With a stand-in of systemctl, which notes its words in ``told`` and shows what ``shown`` says."""
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(SYSTEMCTL.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "shown").write_text(ENABLED)
    return SystemdServices(Paths(tmp_path))


@pytest.mark.parametrize(
    "cut_off",
    ["NeedDaemonReload=no\nUnitFileState=disabled\n", "NeedDaemonReload=yes\nUnitFileState=enabled\n", ""],
)
def test_a_unit_is_installed_once_it_is_enabled_and_loaded(
    systemd: SystemdServices, tmp_path: Path, cut_off: str
) -> None:
    service = Service("etcd", "It", ["true"])
    systemd.install(service)
    assert systemd.installed(service)
    (tmp_path / "shown").write_text(cut_off)
    assert not systemd.installed(service)


def test_systemd_is_asked_of_units_that_are_there_only(systemd: SystemdServices, tmp_path: Path) -> None:
    """systemctl(1): unknown units cannot be stopped."""
    services, told = systemd, tmp_path / "told"
    service = Service("etcd", "It", ["true"], {"SUNBEAM_CODE": "1"})

    assert not services.installed(service)
    services.stop("etcd")
    services.remove("etcd")
    assert not told.exists()
    services.install(service)
    assert services.installed(service)
    assert not services.installed(Service("etcd", "It", ["true"], {"SUNBEAM_CODE": "2"}))
    services.start("etcd")
    services.stop("etcd")
    unit = "sunbeam-etcd.service"
    assert told.read_text().splitlines() == [
        "daemon-reload",
        f"enable {unit}",
        f"start {unit}",
        f"stop {unit}",
    ]


def test_a_log_is_where_the_kind_of_service_keeps_it(tmp_path: Path) -> None:
    hint = SystemdServices(Paths(tmp_path)).log_command("etcd", "sunbeamd")
    assert hint == "journalctl -n 50 -u sunbeam-etcd -u sunbeam-sunbeamd"
