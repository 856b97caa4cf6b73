"""Proportional set size of everything Sunbeam runs: daemons, containers, what is in them; no guests."""

from __future__ import annotations

import re
from pathlib import Path

GUEST = "qemu-system"


def idle_memory() -> tuple[float, dict[str, float]]:
    """MiB in all, and by container or daemon."""
    parents = {pid: _parent(pid) for pid in _pids()}
    groups: dict[str, float] = {}
    for pid in parents:
        group = _group(pid, parents)
        command = _command(pid)
        if group and GUEST not in command.partition(" ")[0]:
            groups[group] = groups.get(group, 0.0) + _pss(pid)
    return sum(groups.values()), groups


def _group(pid: int, parents: dict[int, int]) -> str:
    """The container a process is in, or the daemon it is; empty for somebody else's."""
    current = pid
    while current > 1:
        command = _command(current)
        name = re.search(r"conmon .*?-n (\S+)", command)
        if name:
            return name[1] if current != pid else "conmon of all containers"
        if "sunbeam.cluster.daemon" in command:
            return "sunbeamd and its charms"
        if "/var/lib/sunbeam/bin/etcd" in command:
            return "etcd"
        current = parents.get(current, 0)
    return ""


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
