"""Settings of this node, its two programs and what they logged, its changes and locks."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sunbeam.cluster import refusal
from sunbeam.cluster.services import services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core import lock
from sunbeam.core.errors import SunbeamError
from sunbeam.core.file_text import tail, text
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.doctor.look import Look

LOG_LINES = 200
WHOLE = ("cluster bootstrap", "cluster start", "cluster destroy")


async def settings(look: Look) -> NodeSettings:
    return NodeSettings.read(look.paths)


async def is_node(look: Look) -> bool:
    """Whether a cloud was begun here."""
    return NodeSettings.exists(look.paths)


async def uses_systemd(look: Look) -> bool:
    """As ``services_of`` chooses."""
    return look.paths.root == Path("/") and Path("/run/systemd/system").is_dir()


@dataclass(frozen=True)
class Program:
    """etcd or sunbeamd; ``state`` and ``result`` are systemd's words."""

    name: str
    state: str
    result: str = ""
    restarts: int = 0

    @property
    def runs(self) -> bool:
        return self.state == "active"


async def program(look: Look, name: str) -> Program:
    if not await look(uses_systemd):
        runs = services_of(look.paths).running(name)
        return Program(name, "active" if runs else "inactive")
    shown = await look.output(
        "systemctl", "show", f"sunbeam-{name}.service", "--property=ActiveState,Result,NRestarts"
    )
    fields = dict(line.partition("=")[::2] for line in shown.splitlines())
    restarts = int(fields.get("NRestarts") or 0)
    return Program(name, fields.get("ActiveState", ""), fields.get("Result", ""), restarts)


async def program_log(look: Look, name: str) -> list[str]:
    """The last lines that etcd or sunbeamd wrote."""
    if not await look(uses_systemd):
        return tail(look.paths.logs / f"{name}.log")[-LOG_LINES:]
    shown = await look.output(
        "journalctl", f"--unit=sunbeam-{name}", f"--lines={LOG_LINES}", "--output=cat", "--no-pager", "--boot"
    )
    return shown.splitlines()


async def daemon_code(look: Look) -> str:
    """The digest of the code that sunbeamd was started from; empty if it was not noted."""
    script = look.paths.state / "services/sunbeamd"
    unit = look.paths.root / "etc/systemd/system/sunbeam-sunbeamd.service"
    found = re.search(r"SUNBEAM_CODE=(\w+)", text(unit if await look(uses_systemd) else script))
    return found[1] if found else ""


async def restart_daemon(look: Look) -> str:
    """What a person types to start sunbeamd again; pods and machines go on."""
    if await look(uses_systemd):
        return "systemctl restart sunbeam-sunbeamd"
    return "sunbeam cluster stop && sunbeam cluster start"


async def refused(look: Look) -> SunbeamError | None:
    """Why sunbeamd refused to start."""
    return refusal.read(look.paths)


async def changes(look: Look) -> tuple[ChangeRecord, ...]:
    """Newest first."""
    with Journal.reading(look.paths.journal) as journal:
        return tuple(journal.changes()) if journal else ()


async def unfinished(look: Look) -> tuple[ChangeRecord, ...]:
    """Changes that did not end, the last one at work first, unless a later one made up for them.

    That is a later one of the same kind, and for all kinds a start or bootstrap that came to its end.
    """
    found: list[ChangeRecord] = []
    seen: set[str] = set()
    for change in sorted(await look(changes), key=lambda change: change.last_seen, reverse=True):
        if change.status.finished and change.kind in WHOLE:
            break
        if not change.status.finished and change.kind not in seen:
            found.append(change)
        seen.add(change.kind)
    return tuple(found)


@dataclass(frozen=True)
class LockHolder:
    """Who holds the change lock: the process the kernel names, and what it said when it took the lock."""

    pid: int
    command: str
    recorded: bool
    since: str = ""


async def change_lock(look: Look) -> LockHolder | None:
    """The kernel's own list (proc(5), locks) of processes that hold the lock's file."""
    path = look.paths.change_lock
    if not path.exists():
        return None
    known = lock.holder(path)
    status = path.stat()
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    held = re.search(rf"FLOCK\s+ADVISORY\s+WRITE (-?\d+) {wanted} ", text(look.paths.root / "proc/locks"))
    if held is None:
        return LockHolder(known.pid, known.command, True, known.since) if known else None
    pid = int(held[1])
    if known is not None and known.pid == pid:
        return LockHolder(pid, known.command, True, known.since)
    return LockHolder(pid, command_of(look.paths.root, pid), False)


def command_of(root: Path, pid: int) -> str:
    """Its command line; empty if there is no such process."""
    return text(root / f"proc/{pid}/cmdline").replace("\0", " ").strip()


async def terraform_locks(look: Look) -> list[dict[str, str]]:
    """Locks of Terraform states that somebody holds: ``module``, ``holder``, ``operation``."""
    from sunbeam.terraform.backend import StateBackend
    from sunbeam.terraform.client import StateClient

    modules = await StateClient(StateBackend.read(look.paths.terraform)).modules()
    return [
        {
            "module": each.module,
            "holder": str(each.lock.get("holder", "")),
            "operation": str(each.lock.get("operation", "")),
            "owner": json.dumps(each.lock.get("owner") or {}),
        }
        for each in modules
        if each.lock is not None
    ]
