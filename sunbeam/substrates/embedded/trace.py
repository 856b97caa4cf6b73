"""A snapshot of what a host is made of, and the difference of two: what an installation left behind."""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.process import Processes
from sunbeam.substrates.embedded.probes import Probe

VIRTUAL = ("/proc", "/sys", "/dev")
VOLATILE = (
    "/tmp",
    "/var/tmp",
    "/root/.cache",
    "/var/cache",
    "/var/log",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/run/log",
    "/run/systemd",
    "/run/udev",
    "/run/user",
)
"""Caches, logs and books of other programs, which change by themselves."""
SYSCTLS = ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.bridge.bridge-nf-call-iptables")

Sections = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Snapshot:
    """What is there, by section (files, mounts, interfaces, rules, ...) and name, each with its state."""

    sections: Sections

    def dump(self) -> str:
        return json.dumps(self.sections, indent=0, sort_keys=True)

    @classmethod
    def load(cls, text: str) -> Snapshot:
        return cls(json.loads(text))


async def take(processes: Processes, *, skip: Sequence[str] = VOLATILE, root: Path = Path("/")) -> Snapshot:
    """Read the whole host; takes a few seconds.  ``skip`` are folders not to look into."""
    probe = Probe(processes)
    return Snapshot(
        {
            "file": dict(_files(root, tuple(skip))),
            "mount": _mounts((root / "proc/self/mountinfo").read_text()),
            "interface": _interfaces(await probe.output("ip", "-json", "address")),
            "route": dict.fromkeys((await probe.output("ip", "route")).splitlines(), ""),
            "nftables rule": _rules(await probe.output("nft", "--stateless", "list", "ruleset")),
            "iptables rule": _rules(await probe.output("iptables-save")),
            "setting": {key: _setting(root, key) for key in SYSCTLS},
            "kernel module": {line.split()[0]: "" for line in _lines(root / "proc/modules")},
            "process": _processes(root),
            "package": dict.fromkeys((await probe.output("dpkg-query", "--show")).splitlines(), ""),
        }
    )


def diff(before: Snapshot, after: Snapshot) -> list[str]:
    """One line for each thing that was added, removed or changed, such as ``file added: /etc/x``."""
    found = []
    for section, now in after.sections.items():
        then = before.sections.get(section, {})
        found += [f"{section} added: {name}" for name in sorted(now.keys() - then.keys())]
        found += [f"{section} removed: {name}" for name in sorted(then.keys() - now.keys())]
        found += [
            f"{section} changed: {name} ({then[name]} -> {now[name]})"
            for name in sorted(then.keys() & now.keys())
            if then[name] != now[name]
        ]
    return found


def _files(root: Path, skip: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every path with its kind, mode and owner; regular files with size and time of change as well."""
    prefix = str(root).rstrip("/")
    unseen = {f"{prefix}{folder}" for folder in (*VIRTUAL, *skip)}
    pending = [str(root)]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            if entry.path in unseen:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            state = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
            if stat.S_ISREG(status.st_mode):
                state += f" {status.st_size} {status.st_mtime_ns}"
            yield entry.path.removeprefix(prefix), state
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)


def _mounts(mountinfo: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        point = fields.split()[4]
        found[point] = " + ".join(filter(None, [found.get(point), " ".join(rest.split()[:2])]))
    return found


def _interfaces(text: str) -> dict[str, str]:
    return {
        link["ifname"]: " ".join(f"{info['local']}/{info['prefixlen']}" for info in link.get("addr_info", []))
        for link in json.loads(text or "[]")
    }


def _rules(text: str) -> dict[str, str]:
    """Rules with their counts removed; the same rule in two chains counts twice."""
    lines = [
        re.sub(r"\[\d+:\d+\]|counter packets \d+ bytes \d+", "", line).strip()
        for line in text.splitlines()
        if not line.startswith("#")
    ]
    return {line: str(count) for line, count in Counter(lines).items() if line}


def _processes(root: Path) -> dict[str, str]:
    """Programs with their arguments and how many of each; kernel threads have no arguments."""
    words = []
    for folder in (root / "proc").glob("[0-9]*"):
        try:
            argv = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if argv[0] and folder.name != str(os.getpid()):
            words.append(" ".join(argv).strip())
    return {command: str(count) for command, count in Counter(words).items()}


def _setting(root: Path, key: str) -> str:
    return "".join(_lines(root / "proc/sys" / key.replace(".", "/")))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
