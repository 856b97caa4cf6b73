"""The disks of this machine and what is on them, from `lsblk`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sunbeam.substrates.embedded.probes import Probe

COLUMNS = "NAME,PATH,TYPE,SIZE,MODEL,FSTYPE,PTTYPE,MOUNTPOINTS"
IGNORED = ("zram", "ram", "loop", "sr", "fd")
MEMBERS = {"LVM2_member": "LVM", "linux_raid_member": "RAID", "crypto_LUKS": "encrypted", "swap": "swap"}


@dataclass(frozen=True)
class Disk:
    """``size`` is in bytes.  ``contents`` says what is on it; empty: nothing was found."""

    path: str
    size: int
    model: str = ""
    contents: str = ""

    @property
    def free(self) -> bool:
        return not self.contents


async def disks(probe: Probe) -> tuple[Disk, ...]:
    shown = json.loads(await probe.output("lsblk", "--json", "--bytes", "--output", COLUMNS) or "{}")
    return tuple(
        Disk(
            path=str(device["path"]),
            size=int(device["size"]),
            model=str(device.get("model") or "").strip(),
            contents=_contents(device),
        )
        for device in shown.get("blockdevices", ())
        if device["type"] in ("disk", "mpath") and device["size"] and not device["name"].startswith(IGNORED)
    )


def _contents(disk: dict[str, Any]) -> str:
    """``in use: /, /boot``, ``LVM``, ``2 partitions (ext4, swap)``, ``ext4``.

    Of one file system that is mounted several times the shortest path is told.
    """
    mounts = {min(mounts, key=len) for each in _tree(disk) if (mounts := _mounts(each))}
    if mounts:
        return "in use: " + ", ".join(sorted(mounts, key=lambda place: (len(place), place))[:3])
    partitions = [child for child in disk.get("children", ()) if child["type"] == "part"]
    kinds = list(dict.fromkeys(_kind(each) for each in _tree(disk) if each.get("fstype")))
    if partitions:
        many = "s" if len(partitions) != 1 else ""
        return f"{len(partitions)} partition{many}" + (f" ({', '.join(kinds)})" if kinds else "")
    if kinds:
        return ", ".join(kinds)
    if disk.get("children"):
        return "in use: " + ", ".join(str(child["type"]) for child in disk["children"])
    return "an empty partition table" if disk.get("pttype") else ""


def _tree(device: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield device
    for child in device.get("children", ()):
        yield from _tree(child)


def _mounts(device: dict[str, Any]) -> list[str]:
    return [str(place) for place in device.get("mountpoints") or () if place]


def _kind(device: dict[str, Any]) -> str:
    fstype = str(device["fstype"])
    return MEMBERS.get(fstype, fstype)
