"""Collectors of this node: findings, changes, logs, network, machine, settings."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from sunbeam.core.file_text import tail, text
from sunbeam.doctor.bundle.processes import processes
from sunbeam.doctor.look import Look
from sunbeam.doctor.readings import node

Files = AsyncIterator[tuple[str, str]]
LOG_BYTES = 2 << 20
KEPT_CHANGES = 20
JOURNAL_LINES = 5000
HOST_FILES = (
    "etc/os-release", "etc/resolv.conf", "etc/hosts", "etc/nsswitch.conf", "proc/cmdline", "proc/cpuinfo",
    "proc/meminfo", "proc/mounts", "proc/loadavg", "proc/uptime", "proc/modules", "proc/locks", "proc/swaps",
    "proc/pressure/cpu", "proc/pressure/memory", "proc/pressure/io", "proc/net/dev",
)  # fmt: skip
NETWORK_COMMANDS = {
    "addresses.txt": ("ip", "-details", "address"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
    "rules.txt": ("ip", "rule"),
    "neighbours.txt": ("ip", "neigh"),
    "bridges.txt": ("bridge", "link"),
    "namespaces.txt": ("ip", "netns"),
    "nftables.txt": ("nft", "list", "ruleset"),
    "iptables.txt": ("iptables-save",),
    "listeners.txt": ("ss", "-anptu"),
}
HOST_COMMANDS = {
    "uname.txt": ("uname", "-a"),
    "disks.txt": ("df", "-h"),
    "inodes.txt": ("df", "-i"),
    "block-devices.txt": ("lsblk",),
    "kernel-log.txt": ("dmesg",),
    "packages.txt": ("dpkg-query", "--show"),
    "time.txt": ("timedatectl",),
}
SYSTEMD_COMMANDS = {
    "units.txt": ("systemctl", "list-units", "--all", "--no-pager"),
    "sunbeam.txt": ("systemctl", "show", "sunbeam-etcd.service", "sunbeam-sunbeamd.service", "--no-pager"),
    "failed.txt": ("systemctl", "list-units", "--failed", "--no-pager"),
}


async def printed(look: Look, commands: dict[str, tuple[str, ...]]) -> Files:
    """What each program prints, also if it fails; a program that is not there says so."""
    for name, argv in commands.items():
        try:
            ended = await look.run(*argv, check=False)
        except (OSError, TimeoutError) as error:
            yield name, f"{' '.join(argv)}: {error or 'no answer in time'}\n"
            continue
        yield (
            name,
            ended.stdout + (f"\nexit code {ended.returncode}: {ended.stderr}" if ended.returncode else ""),
        )


async def findings(look: Look) -> Files:
    """In processes of their own: what stalls there does not stall here."""
    for name in ("doctor", "check"):
        ended = await look.processes.run(
            [sys.executable, "-m", "sunbeam", name, "--format", "json"], check=False, timeout=50
        )
        yield f"{name}.json", ended.stdout or ended.stderr


async def changes(look: Look) -> Files:
    records = await look(node.changes)
    yield "changes.json", json.dumps([asdict(each) for each in records], indent=1)
    for each in records[:KEPT_CHANGES]:
        log = look.paths.change_logs / f"{each.id}.ndjson"
        if log.exists():
            yield f"{each.id}.ndjson", _end_of(log)


async def logs(look: Look) -> Files:
    for file in sorted(look.paths.logs.glob("*.log*")):
        yield file.name, _end_of(file)
    for name in ("etcd", "sunbeamd") if await look(node.uses_systemd) else ():
        yield (
            f"{name}.ndjson",
            await look.output(
                "journalctl",
                f"--unit=sunbeam-{name}",
                f"--lines={JOURNAL_LINES}",
                "--output=json",
                "--no-pager",
            ),
        )


async def container_logs(look: Look) -> Files:
    for file in sorted((look.paths.logs / "containers").glob("*.log*")):
        yield file.name, _end_of(file)
        await asyncio.sleep(0)


async def network(look: Look) -> Files:
    async for each in printed(look, NETWORK_COMMANDS):
        yield each
    for name in ("hosts", "directory.json"):
        yield name, text(look.paths.state / "runtime" / name)


async def host(look: Look) -> Files:
    facts = {"host": platform.node(), "machine": platform.machine(), "python": sys.version}
    yield "python.json", json.dumps(facts, indent=1)
    for name in HOST_FILES:
        yield name.replace("/", "-"), text(look.paths.root / name)
    async for each in printed(look, HOST_COMMANDS):
        yield each
    yield "processes.txt", "".join(f"{each.line}\n" for each in processes(look.paths))


async def systemd(look: Look) -> Files:
    if await look(node.uses_systemd):
        async for each in printed(look, SYSTEMD_COMMANDS):
            yield each


async def config(look: Look) -> Files:
    paths = look.paths
    files = [
        *sorted(paths.etc.glob("*")),
        *sorted((paths.state / "containers").glob("*.conf")),
        *sorted((paths.state / "runtime").glob("*.json")),
        *sorted((paths.root / "etc/systemd/system").glob("sunbeam-*.service")),
        paths.state / "host-changes.json",
        paths.run / "sunbeamd.refusal",
    ]
    for file in files:
        if file.is_file() and file.suffix != ".key":
            yield file.name, text(file)
    listing = [f"{each.stat().st_mode:o} {each.stat().st_size:>12} {each}\n" for each in _files(paths.state)]
    yield "files.txt", "".join(listing)


def _files(folder: Path) -> list[Path]:
    """Two levels of our folder: what is there, not what is in it."""
    return [
        each for pattern in ("*", "*/*") for each in sorted(folder.glob(pattern)) if not each.is_symlink()
    ]


def _end_of(file: Path) -> str:
    return "\n".join(tail(file, LOG_BYTES)) + "\n"
