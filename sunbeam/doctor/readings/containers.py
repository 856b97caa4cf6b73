"""Pods and machine containers as the directory, podman, Pebble and their logs tell them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from sunbeam.core.file_text import text
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings.node import settings
from sunbeam.substrates.embedded.container_log import LogLine, last_lines
from sunbeam.substrates.embedded.containers_conf import ContainerFolders
from sunbeam.substrates.embedded.directory import Directory
from sunbeam.substrates.embedded.pebble_watch import reachable
from sunbeam.substrates.embedded.process_watch import is_alive

BOOTED = re.compile(r"\[pebble\] v\S+ listens on ")


@dataclass(frozen=True)
class Container:
    """A container that ought to run; ``pid`` is 0 if it does not."""

    name: str
    unit: str
    pid: int


async def containers(look: Look) -> tuple[Container, ...]:
    """Every container that was ever started, of a pod or machine that is still wanted."""
    directory = Directory((await look(settings)).network.pods, look.paths.state / "runtime/directory.json")
    machines = [entry for entry in directory.entries() if entry.hostname]
    units = {entry.unit.replace("/", "-"): entry.unit for entry in directory.entries() if entry.unit}
    found = []
    for log in sorted((look.paths.logs / "containers").glob("*.log")):
        key = log.stem.partition(".")[0].rpartition("-")[0]
        unit = units.get(key, "hypervisor/0" if machines and key.startswith("machine-") else "")
        if unit:
            pid = text(look.paths.run / f"pids/{log.stem}.pid").strip()
            alive = pid.isdecimal() and is_alive(int(pid))
            found.append(Container(log.stem, unit, int(pid) if alive else 0))
    return tuple(found)


async def container_log(look: Look, name: str) -> list[LogLine]:
    """Its last lines, without what podman puts before them."""
    return last_lines(look.paths.logs / f"containers/{name}.log")


@dataclass(frozen=True)
class PebbleService:
    """``current``: active, inactive, backoff or error; ``enabled``: it is wanted."""

    name: str
    enabled: bool
    current: str


async def services(look: Look, name: str) -> tuple[PebbleService, ...]:
    """The services of one container, as its Pebble tells."""
    found = next(each for each in await look(containers) if each.name == name)
    raw = await _pebble(await look(_socket_folder, found.name, found.unit, found.pid), "/v1/services")
    return tuple(PebbleService(each["name"], each["startup"] == "enabled", each["current"]) for each in raw)


async def checks(look: Look, name: str) -> dict[str, int]:
    """Failures in a row of each check of one container that is down."""
    found = next(each for each in await look(containers) if each.name == name)
    raw = await _pebble(await look(_socket_folder, found.name, found.unit, found.pid), "/v1/checks")
    return {each["name"]: int(each.get("failures") or 0) for each in raw if each["status"] == "down"}


async def _socket_folder(look: Look, name: str, unit: str, pid: int) -> Path:
    if not pid:
        raise NotRead(f"container {name} does not run")
    container = name.partition(".")[2]
    if not container:
        return Path(f"/proc/{pid}/root/run")
    found = look.paths.engine.glob(f"units/*/{unit.replace('/', '-')}/containers/{container}")
    return next(iter(found), Path(f"/proc/{pid}/root/charm/container"))


async def _pebble(folder: Path, path: str) -> list[dict[str, Any]]:
    with reachable(folder) as socket:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=socket)) as session,
            session.get(f"http://pebble{path}") as answer,
        ):
            return list((await answer.json())["result"] or [])


async def inside(look: Look, unit: str, *argv: str) -> str:
    """What a program prints in the container of ``unit``; podman is not needed for it.  Raises NotRead."""
    found = next((each for each in await look(containers) if each.unit == unit), None)
    if found is None or not found.pid:
        raise NotRead(f"{unit} does not run")
    ended = await look.run(
        "nsenter",
        f"--target={found.pid}",
        "--mount",
        "--net",
        "--ipc",
        "--uts",
        "--pid",
        "--",
        *argv,
        check=False,
    )
    if ended.returncode:
        raise NotRead(" ".join((ended.stderr or ended.stdout).split()) or f"exit code {ended.returncode}")
    return ended.stdout


async def ids(look: Look) -> dict[str, str]:
    """The unit behind each podman container's id, from the cgroups of running ones."""
    found = {}
    for each in await look(containers):
        if each.pid and (
            known := re.search(r"libpod-([0-9a-f]{64})", text(Path(f"/proc/{each.pid}/cgroup")))
        ):
            found[known[1]] = each.unit
    return found


async def podman_environment(look: Look) -> Mapping[str, str]:
    return ContainerFolders(look.paths).environment


async def podman(look: Look, *words: str) -> str:
    """What podman prints of our own storage; it writes nothing.  Raises ProcessFailed and others."""
    folders = ContainerFolders(look.paths)
    if not folders.storage_conf.exists():
        raise NotRead("no container was ever made here")
    ended = await look.processes.run(
        ["podman", *words],
        timeout=4,
        env={**folders.environment, "PODMAN_IGNORE_CGROUPSV1_WARNING": "1"},
    )
    return ended.stdout


async def images(look: Look) -> set[str]:
    """All ``NAME:TAG`` in our storage."""
    return set((await podman(look, "images", "--format", "{{.Repository}}:{{.Tag}}")).split())


async def started_at(look: Look, name: str) -> list[datetime]:
    """When Pebble started in a container, as far as its log goes back."""
    return [line.time for line in await look(container_log, name) if BOOTED.search(line.text)]


async def oom_kills(look: Look) -> dict[str, int]:
    """How many processes the kernel killed for lack of memory in each unit's container since it started."""
    found: dict[str, int] = {}
    for each in await look(containers):
        if each.pid:
            for file in _memory_files(text(Path(f"/proc/{each.pid}/cgroup"))):
                if (count := re.search(r"^oom_kill (\d+)", text(file), re.MULTILINE)) and int(count[1]):
                    found[each.unit] = max(found.get(each.unit, 0), int(count[1]))
    return found


def _memory_files(cgroups: str) -> list[Path]:
    """cgroup v2 counts in memory.events, v1 in memory.oom_control."""
    root = Path("/sys/fs/cgroup")
    files = []
    for line in cgroups.splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            files.append(root / path.lstrip("/") / "memory.events")
        if "memory" in controllers.split(","):
            files.append(root / "memory" / path.lstrip("/") / "memory.oom_control")
    return files


async def all_services(look: Look) -> dict[Container, tuple[PebbleService, ...]]:
    """Those of every container that runs and answers."""
    running = [each for each in await look(containers) if each.pid]
    answers = await asyncio.gather(*(look.known(services, each.name) for each in running))
    return {each: found for each, found in zip(running, answers, strict=True) if found is not None}


async def podman_state(look: Look) -> list[dict[str, Any]]:
    return list(json.loads(await podman(look, "ps", "--all", "--format", "json") or "[]") or [])
