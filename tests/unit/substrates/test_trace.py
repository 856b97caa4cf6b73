from pathlib import Path

from sunbeam.substrates.embedded.trace import Snapshot, diff, take
from tests.fakes.processes import FakeProcesses


def host(root: Path) -> FakeProcesses:
    (root / "etc").mkdir()
    (root / "etc/kept").write_text("same")
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/vda rw\n")
    processes = FakeProcesses()
    processes.expect("ip", "-json", "address", answer='[{"ifname": "eth0", "addr_info": []}]')
    processes.expect("ip", "route", answer="default via 192.0.2.1 dev eth0\n")
    processes.expect("nft", answer="table ip nat {\n\tcounter packets 3 bytes 9 accept\n}\n")
    processes.expect("iptables-save", answer="# at 10:01\n*nat\n:INPUT ACCEPT [5:300]\n")
    processes.expect("dpkg-query", answer="podman\t4.3.1\n")
    return processes


async def test_nothing_changed_is_no_difference(tmp_path: Path) -> None:
    processes = host(tmp_path)
    before = await take(processes, root=tmp_path)
    processes.replace("nft", answer="table ip nat {\n\tcounter packets 4 bytes 12 accept\n}\n")
    processes.replace("iptables-save", answer="# at 10:02\n*nat\n:INPUT ACCEPT [6:360]\n")
    after = await take(processes, root=tmp_path)
    assert diff(before, after) == []


async def test_each_trace_is_found(tmp_path: Path) -> None:
    processes = host(tmp_path)
    before = Snapshot.load((await take(processes, root=tmp_path)).dump())
    (tmp_path / "etc/new").write_text("left")
    (tmp_path / "etc/kept").write_text("edited")
    with (tmp_path / "proc/self/mountinfo").open("a") as mounts:
        mounts.write("30 22 0:4 / /run/netns/web rw - nsfs nsfs rw\n")
    processes.replace("ip", "-json", "address", answer='[{"ifname": "sunbeam0", "addr_info": []}]')
    processes.replace("dpkg-query", answer="podman\t4.3.1\nrunc\t1.1\n")
    found = diff(before, await take(processes, root=tmp_path))
    kept = [line for line in found if line.startswith("file changed: /etc/kept")]
    assert len(kept) == 1
    assert [line for line in found if line not in kept] == [
        "file added: /etc/new",
        "mount added: /run/netns/web",
        "interface added: sunbeam0",
        "interface removed: eth0",
        "package added: runc\t1.1",
    ]


async def test_skipped_folders_are_not_looked_into(tmp_path: Path) -> None:
    processes = host(tmp_path)
    snapshot = await take(processes, root=tmp_path, skip=["/etc"])
    assert snapshot.sections["file"] == {}
