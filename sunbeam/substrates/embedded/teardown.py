"""Removes every container, network, mount, packet rule and folder of ours, from any half-done state."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes, ProcessFailed
from sunbeam.substrates.embedded.firewall import Iptables, Nftables
from sunbeam.substrates.embedded.host_changes import HostChanges
from sunbeam.substrates.embedded.network import NETNS, NetworkPlan
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.process_watch import end
from sunbeam.substrates.embedded.uplink import Uplink

PODMAN_SECONDS = 90
END_SECONDS = 5
MOUNTS = Path("/proc/mounts")
OCTAL = re.compile(rb"\\([0-3][0-7]{2})")
STATES = {"runc": "state.json", "crun": "status"}
"""By container runtime: the file below /run/RUNTIME/ID that names the container's bundle."""


class TeardownFailed(SunbeamError):
    """Some things could not be removed; the others are gone, and the same command tries again."""

    id = "teardown-incomplete"


class Teardown:
    """Each step works from what is really there, so that no record is needed and any may be missing.

    The programs it needs may be gone as well; then there is nothing that they made, or the step that
    follows finds it.
    """

    def __init__(
        self,
        processes: Processes,
        paths: Paths,
        podman: Podman,
        plan: NetworkPlan,
        changes: HostChanges,
        firewalls: tuple[Nftables | Iptables, ...] | None = None,
    ) -> None:
        self.processes = processes
        self.paths = paths
        self.podman = podman
        self.plan = plan
        self._changes = changes
        self._uplink = Uplink(processes, changes, plan.external_bridge)
        self._firewalls = firewalls or (Nftables(processes), Iptables(processes))

    async def run(self) -> None:
        """Raises TeardownFailed after all steps if one of them failed."""
        failures: list[str] = []
        steps: list[Callable[[], Awaitable[None]]] = [
            self._remove_containers,
            self._end_stray_processes,
            self._remove_states,
            self._uplink.release,
            self._remove_namespaces,
            self._remove_bridges,
            self._remove_rules,
            self._unmount,
            self._remove_folders,
        ]
        for step in steps:
            try:
                await step()
            except (OSError, ProcessFailed, SunbeamError, TimeoutError, ValueError) as error:
                failures.append(f"{step.__name__.strip('_').replace('_', ' ')}: {error}")
        if failures:
            raise TeardownFailed(
                "not everything could be removed",
                where="this machine",
                why="\n".join(failures),
                next_command="sunbeam cluster destroy",
            )
        self._changes.undo()

    async def _remove_containers(self) -> None:
        """Podman may be unable to (its database is damaged): the next steps do without it."""
        if self.podman.folders.in_use:
            words = ["rm", "--all", "--force", "--time=0"]
            try:
                await self.podman.call(words, check=False, timeout=PODMAN_SECONDS)
            except (OSError, TimeoutError):
                return

    async def _end_stray_processes(self) -> None:
        """The processes of our containers that podman did not end, their conmons first."""
        conmons = [pid for pid, words in _commands() if self._is_our_conmon(words)]
        children = [child for pid in conmons for child in _children(pid)]
        inside = [pid for pid, _ in _commands() if self._lives_in_our_storage(pid)]
        for pid in dict.fromkeys([*conmons, *children, *inside]):
            await end(pid, END_SECONDS)

    async def _remove_states(self) -> None:
        """What containers that podman does not know, and killed builds, left in the runtime's own folder."""
        for runtime, file in STATES.items():
            for state in Path("/run", runtime).glob(f"*/{file}"):
                if f'"{self.podman.folders.storage}/' in _text(state):
                    words = [runtime, "delete", "--force", state.parent.name]
                    await self.processes.run(words, check=False, timeout=20)
                    shutil.rmtree(state.parent, ignore_errors=True)

    async def _remove_namespaces(self) -> None:
        names = set()
        for bridge in (self.plan.pod_bridge, self.plan.external_bridge):
            names |= await self._namespaces_on(bridge)
        for name in names | self._recorded_namespaces():
            if (NETNS / name).exists():
                await self.processes.run(["ip", "netns", "delete", name], timeout=20)

    async def _namespaces_on(self, bridge: str) -> set[str]:
        """Names of the namespaces whose interfaces are on ``bridge``."""
        if not Path(f"/sys/class/net/{bridge}").exists():
            return set()
        shown = await self.processes.run(["ip", "-json", "link", "show", "master", bridge], timeout=20)
        ids = {link.get("link_netnsid") for link in json.loads(shown.stdout or "[]")}
        listed = await self.processes.run(["ip", "-json", "netns", "list"], timeout=20)
        return {each["name"] for each in json.loads(listed.stdout or "[]") if each.get("id", "") in ids}

    def _recorded_namespaces(self) -> set[str]:
        file = self.paths.state / "runtime" / "directory.json"
        try:
            return set(json.loads(file.read_text()))
        except (OSError, ValueError):
            return set()

    async def _remove_bridges(self) -> None:
        taken = self._changes.interface
        for bridge in (self.plan.pod_bridge, self.plan.external_bridge):
            ports = Path(f"/sys/class/net/{bridge}/brif")
            for port in [*ports.iterdir()] if ports.is_dir() else []:
                if taken is not None and port.name == taken.name:
                    continue  # it is not ours, and could not be given back
                await self.processes.run(["ip", "link", "delete", "dev", port.name], check=False, timeout=20)
            if ports.is_dir():
                await self.processes.run(["ip", "link", "delete", "dev", bridge], timeout=20)

    async def _remove_rules(self) -> None:
        for firewall in self._firewalls:
            try:
                await firewall.remove()
            except (OSError, ProcessFailed):
                continue  # without the program, or on a kernel without its tables, there are no rules

    async def _unmount(self) -> None:
        """What is mounted below our folders; a disk of the owner's that is mounted as one of them stays."""
        for point in reversed(self._mounted()):
            await self.processes.run(["umount", "--lazy", point], check=False, timeout=20)
        if NETNS in self._changes.folders and NETNS.is_dir() and not any(NETNS.iterdir()):
            await self.processes.run(["umount", "--lazy", NETNS], check=False, timeout=20)
        if left := self._mounted():
            raise OSError(f"still mounted: {', '.join(left)}")

    def _mounted(self) -> list[str]:
        own = tuple(f"{folder}/" for folder in (self.paths.state, self.paths.run))
        return [point for point in _mount_points() if point.startswith(own)]

    async def _remove_folders(self) -> None:
        """None while something is mounted below one of them: it would lose what it holds."""
        if self._mounted():
            return
        folders = self.podman.folders
        for folder in (
            folders.storage,
            folders.run,
            folders.pids,
            self.paths.state / "runtime",
            self.paths.logs / "containers",
        ):
            if folder.is_dir():
                await asyncio.to_thread(shutil.rmtree, folder)

    def _is_our_conmon(self, words: list[str]) -> bool:
        storage = str(self.podman.folders.storage / "storage")
        return bool(words) and Path(words[0]).name == "conmon" and any(storage in word for word in words)

    def _lives_in_our_storage(self, pid: int) -> bool:
        """Whether the root of ``pid`` is a container of ours, by the layers it is mounted from."""
        try:
            mounts = Path(f"/proc/{pid}/mounts").read_text()
        except OSError:
            return False
        first = mounts.partition("\n")[0].split()
        layers = f"upperdir={self.podman.folders.storage / 'storage'}/"
        return len(first) > 3 and first[1] == "/" and layers in first[3]


def _commands() -> list[tuple[int, list[str]]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        found.append((int(folder.name), words))
    return found


def _text(file: Path) -> str:
    """What the file says; nothing if it was removed meanwhile."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _mount_points() -> list[str]:
    """In the order of their mounts; the kernel writes blanks in them as octal numbers."""
    points = [line.split(b" ")[1] for line in MOUNTS.read_bytes().split(b"\n") if line]
    return [os.fsdecode(OCTAL.sub(lambda number: bytes([int(number[1], 8)]), point)) for point in points]
