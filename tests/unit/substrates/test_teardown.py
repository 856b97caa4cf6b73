"""What is mounted below our folders is unmounted, by its real name, before they are removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.substrates.embedded import teardown
from sunbeam.substrates.embedded.firewall import Nftables
from sunbeam.substrates.embedded.host_changes import HostChanges
from sunbeam.substrates.embedded.network import NetworkPlan
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.teardown import Teardown, TeardownFailed
from tests.fakes.processes import FakeProcesses

NAMES = ["a disk", "Zürich", "back\\slash", "tab\there", os.fsdecode(b"latin\xe9")]


def as_the_kernel_writes(point: Path) -> bytes:
    raw = os.fsencode(point)
    for sign in b"\\ \t\n":
        raw = raw.replace(bytes([sign]), b"\\%03o" % sign)
    return b"disk " + raw + b" ext4 rw 0 0\n"


class Mounts:
    """A machine with something mounted in our storage, and a file that its owner wants to keep there."""

    def __init__(self, root: Path) -> None:
        self.paths, self.processes, self.file = Paths(root), FakeProcesses(), root / "mounts"
        self.points = [self.paths.state / "containers" / name for name in NAMES]
        for point in self.points:
            point.mkdir(parents=True)
        self.processes.expect("nft")
        self._write()

    def unmount(self, argv: tuple[str, ...], input: str | None) -> str:
        self.points.remove(Path(argv[-1]))
        self._write()
        return ""

    def teardown(self) -> Teardown:
        podman, changes = Podman(self.processes, self.paths), HostChanges(self.paths.root / "changes.json")
        plan = NetworkPlan(pod_bridge="sbnosuch0", external_bridge="sbnosuch1")
        firewalls = (Nftables(self.processes, "sbnosuch"),)
        return Teardown(self.processes, self.paths, podman, plan, changes, firewalls)

    def _write(self) -> None:
        elsewhere = Path(f"{self.paths.state}-of-others")
        points = [Path("/"), self.paths.state, elsewhere, *self.points]
        self.file.write_bytes(b"".join(map(as_the_kernel_writes, points)))


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mounts:
    made = Mounts(tmp_path)
    monkeypatch.setattr(teardown, "MOUNTS", made.file)
    return made


async def test_whatever_a_mount_point_is_called(mounts: Mounts) -> None:
    mounts.processes.expect("umount", "--lazy", answer=mounts.unmount)
    await mounts.teardown().run()
    assert mounts.points == []
    assert not (mounts.paths.state / "containers").exists() and mounts.paths.state.exists()


async def test_nothing_is_removed_from_what_stays_mounted(mounts: Mounts) -> None:
    mounts.processes.expect("umount", answer=Completed(("umount",), 32, "", "not permitted"))
    with pytest.raises(TeardownFailed, match="not everything") as failed:
        await mounts.teardown().run()
    assert "unmount: still mounted: " in failed.value.why and "Zürich" in failed.value.why
    assert all(point.is_dir() for point in mounts.points)
