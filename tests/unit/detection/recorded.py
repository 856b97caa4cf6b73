"""What programs said on real machines, cut to what is read of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sunbeam.substrates.embedded.kvm import GUEST
from tests.fakes.processes import FakeProcesses

ADDRESSES: list[dict[str, Any]] = [
    {
        "ifindex": 1, "ifname": "lo", "flags": ["LOOPBACK", "UP", "LOWER_UP"], "mtu": 65536,
        "link_type": "loopback", "address": "00:00:00:00:00:00",
        "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host"}],
    },
    {
        "ifindex": 2, "ifname": "eno2", "flags": ["NO-CARRIER", "BROADCAST", "MULTICAST", "UP"], "mtu": 9000,
        "link_type": "ether", "address": "52:54:00:00:00:02", "parentbus": "pci", "addr_info": [],
    },
    {
        "ifindex": 3, "ifname": "eno1", "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], "mtu": 1400,
        "link_type": "ether", "address": "52:54:00:00:00:01", "parentbus": "virtio",
        "addr_info": [
            {"family": "inet", "local": "192.0.2.2", "prefixlen": 24, "scope": "global"},
            {"family": "inet6", "local": "fd00::2", "prefixlen": 64, "scope": "global"},
            {"family": "inet6", "local": "fe80::fc:ff:fe00:1", "prefixlen": 64, "scope": "link"},
        ],
    },
    {
        "ifindex": 4, "ifname": "sunbeam0", "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        "mtu": 1500, "link_type": "ether", "address": "02:53:0a:14:1e:01",
        "linkinfo": {"info_kind": "bridge", "info_data": {"forward_delay": 0}},
        "addr_info": [{"family": "inet", "local": "10.20.30.1", "prefixlen": 24, "scope": "global"}],
    },
    {
        "ifindex": 5, "ifname": "sb17042d1372", "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        "mtu": 1500, "link_type": "ether", "address": "1e:00:00:00:00:05", "master": "sunbeam0",
        "linkinfo": {"info_kind": "veth"}, "addr_info": [],
    },
    {
        "ifindex": 6, "ifname": "bond0.7", "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        "mtu": 1500, "link_type": "ether", "address": "52:54:00:00:00:06",
        "linkinfo": {"info_kind": "vlan"}, "addr_info": [],
    },
]  # fmt: skip

IPV4 = [
    {**each, "addr_info": [info for info in each["addr_info"] if info["family"] == "inet"]}
    for each in ADDRESSES
]

ROUTES = [
    {"dst": "default", "gateway": "192.0.2.1", "dev": "eno1", "flags": []},
    {"dst": "10.20.30.0/24", "dev": "sunbeam0", "protocol": "kernel", "prefsrc": "10.20.30.1", "flags": []},
    {"dst": "192.0.2.0/24", "dev": "eno1", "protocol": "kernel", "prefsrc": "192.0.2.2", "flags": []},
    {"dst": "172.24.0.0/16", "gateway": "192.0.2.9", "dev": "eno1", "flags": []},
]


def disk(name: str, **more: Any) -> dict[str, Any]:
    known = {
        "name": name, "path": f"/dev/{name}", "type": "disk", "size": 274877906944, "model": None,
        "fstype": None, "pttype": None, "mountpoints": [None],
    }  # fmt: skip
    return {**known, **more}


def part(name: str, **more: Any) -> dict[str, Any]:
    return disk(name, **{"type": "part", **more})


DISKS = [
    disk("zram0", size=0),
    disk("loop0", type="loop", fstype="squashfs", mountpoints=["/snap/core/1"]),
    disk("sr0", type="rom", size=1073741312),
    disk(
        "nvme0n1", model="Samsung SSD 990 PRO 2TB", pttype="gpt",
        children=[
            part("nvme0n1p1", fstype="vfat", mountpoints=["/boot/efi"]),
            part(
                "nvme0n1p2", fstype="LVM2_member",
                children=[disk("vg-root", type="lvm", fstype="ext4", mountpoints=["/run/netns", "/"])],
            ),
        ],
    ),
    disk("sda", model="ST1000NM0008 "),
    disk("sdb", pttype="gpt", children=[part("sdb1", fstype="ntfs"), part("sdb2", fstype="swap")]),
    disk("sdc", fstype="LVM2_member"),
    disk("sdd", fstype="ext4"),
    disk("sde", pttype="dos"),
    disk("sdf", children=[disk("md0", type="raid1")]),
]  # fmt: skip


def machine(**replaced: Any) -> FakeProcesses:
    """``addresses``, ``routes`` and ``disks`` can be others; an exception: the program is missing."""
    processes = FakeProcesses()

    def answer(name: str, recorded: Any) -> Any:
        found = replaced.get(name, recorded)
        return found if isinstance(found, Exception) else json.dumps(found)

    disks = replaced.get("disks", DISKS)
    devices = disks if isinstance(disks, Exception) else json.dumps({"blockdevices": disks})
    processes.expect("ip", "-json", "-details", "address", answer=answer("addresses", ADDRESSES))
    processes.expect("ip", "-json", "-4", "route", "show", "default", answer=answer("routes", ROUTES[:1]))
    processes.expect("ip", "-json", "-6", "route", "show", "default", answer=answer("routes6", []))
    processes.expect("ip", "-json", "-4", "address", answer=answer("addresses", IPV4))
    processes.expect("ip", "-json", "-4", "route", answer=answer("routes", ROUTES))
    processes.expect("ss", answer="LISTEN 0 4096 0.0.0.0:22 0.0.0.0:*\n")
    processes.expect("lsblk", answer=devices)
    guest = {"state": replaced.get("kvm", "works"), "why": ""}
    processes.expect(sys.executable, "-I", str(GUEST), answer=json.dumps(guest))
    return processes


def folder(root: Path) -> Path:
    """The files below / that are read."""
    texts = {
        "proc/sys/kernel/hostname": "rack7\n",
        "proc/meminfo": "MemTotal:       32768000 kB\nMemFree: 1 kB\n",
        "proc/811/comm": "chronyd\n",
        "proc/812/comm": "sshd\n",
        "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\n',
        "etc/resolv.conf": "search example.org\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n",
        "etc/environment": 'PATH="/bin"\nexport HTTPS_PROXY="http://proxy.example.org:3128"\n',
        "sys/class/net/eno1/speed": "10000\n",
        "sys/class/net/eno2/speed": "-1\n",
        "dev/kvm": "",
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
