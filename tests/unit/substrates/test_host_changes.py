from pathlib import Path

import pytest

from sunbeam.substrates.embedded.host_changes import HostChanges, TakenInterface

KEY = "net.ipv4.ip_forward"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc/sys/net/ipv4").mkdir(parents=True)
    (tmp_path / "proc/sys/net/ipv4/ip_forward").write_text("0\n")
    return tmp_path


def test_a_setting_gets_its_first_value_back(root: Path) -> None:
    setting = root / "proc/sys/net/ipv4/ip_forward"
    for _ in range(2):
        HostChanges(root / "changes.json", root).set_sysctl(KEY, "1")
        assert setting.read_text() == "1"
        setting.write_text("7")
    HostChanges(root / "changes.json", root).undo()
    assert setting.read_text() == "0"
    assert not (root / "changes.json").exists()


def test_a_taken_interface_is_on_record_until_it_is_given_back(root: Path) -> None:
    before = TakenInterface("eth1", True, ("192.0.2.7/24",), ("-4 route replace default dev eth1",))
    HostChanges(root / "changes.json", root).note_interface(before)
    changes = HostChanges(root / "changes.json", root)
    assert changes.interface == before
    changes.forget_interface()
    assert changes.interface is None


def test_a_setting_that_was_right_is_no_change(root: Path) -> None:
    HostChanges(root / "changes.json", root).set_sysctl(KEY, "0")
    assert not (root / "changes.json").exists()


def test_only_folders_that_were_missing_go_and_only_if_empty(root: Path) -> None:
    (root / "run/old").mkdir(parents=True)
    changes = HostChanges(root / "changes.json", root)
    changes.note_folders([Path("/run/old"), Path("/run/new"), Path("/var/lib/containers"), Path("/run/used")])
    for name in ("run/new/deep", "var/lib/containers/cache", "run/used"):
        (root / name).mkdir(parents=True)
    (root / "var/lib/containers/cache/blob-info-cache-v1.boltdb").touch()
    (root / "run/used/by-another").touch()
    changes.note_folders([Path("/run/new")])
    changes.undo()
    left = {str(path.relative_to(root)) for path in root.rglob("*") if "proc" not in path.parts}
    assert left == {"run", "run/old", "run/used", "run/used/by-another", "var", "var/lib"}
