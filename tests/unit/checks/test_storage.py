from dataclasses import replace

import pytest

from sunbeam.checks import storage
from sunbeam.checks.storage import Speed, Volume
from sunbeam.checks.words import GIB, MIB
from tests.unit.checks.seen import INSTALLED, WANTED, ids

STATE = Volume(
    "/var/lib/sunbeam", 20 * GIB, "1", "/", "ext4", ("rw", "relatime"), 30 * GIB, 2_000_000, 1_900_000
)
RUN = Volume("/run/sunbeam", 32 * MIB, "2", "/run", "tmpfs", ("rw", "nosuid", "nodev"), GIB)
APT = Volume("/var/cache/apt", 600 * MIB, "1", "/", "ext4", ("rw", "relatime"), 30 * GIB)
JUDGES = (storage.space, storage.inodes, storage.mount_options)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (STATE, []),
        (replace(STATE, free=int(20.1 * GIB)), ["disk-space-too-little"]),
        (replace(STATE, free_inodes=1000), ["inodes-too-few"]),
        (replace(STATE, inodes=0, free_inodes=0, kind="btrfs"), []),
        (replace(STATE, options=("rw", "noexec")), ["mount-options"]),
        (replace(STATE, options=("ro",)), ["mount-options"]),
        (replace(STATE, kind="nfs4"), ["file-system-kind"]),
        (replace(STATE, kind="fuse.sshfs"), ["file-system-kind"]),
    ],
)
def test_the_file_system_of_our_state(state: Volume, expected: list[str]) -> None:
    apt = replace(APT, free=state.free)
    assert [id for judge in JUDGES for id in ids(judge, (state, RUN, apt))] == expected


def test_folders_on_one_file_system_share_its_room() -> None:
    (problem,) = storage.space((replace(STATE, free=20 * GIB), RUN, replace(APT, free=20 * GIB)), WANTED)
    assert problem.where == "/var/lib/sunbeam and /var/cache/apt"
    assert "20.6 GiB" in problem.why and problem.evidence == "20 GiB free on /"


def test_a_small_file_system_of_its_own_is_found() -> None:
    (problem,) = storage.space((STATE, replace(RUN, free=MIB), APT), WANTED)
    assert problem.where == "/run/sunbeam" and "32 MiB" in problem.why


def test_space_that_our_own_cloud_uses_is_no_finding() -> None:
    assert ids(storage.space, (replace(STATE, free=GIB), RUN, APT), INSTALLED) == []


@pytest.mark.parametrize(("options", "severity"), [(("noexec",), "error"), (("nosuid", "nodev"), "warning")])
def test_only_what_stops_everything_is_an_error(options: tuple[str, ...], severity: str) -> None:
    (problem,) = storage.mount_options((replace(STATE, options=options),), WANTED)
    assert problem.severity == severity


@pytest.mark.parametrize(("p99", "expected"), [(9.9, []), (10.1, ["disk-slow"])])
def test_disk_speed_is_what_etcd_asks_for(p99: float, expected: list[str]) -> None:
    assert ids(storage.disk_speed, Speed("/var/lib", 200, p99, 1.0)) == expected
