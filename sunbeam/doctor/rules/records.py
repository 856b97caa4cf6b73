"""What is wrong with what a node knows: settings, journal, changes, locks, credentials."""

from __future__ import annotations

import os
import stat
from datetime import timedelta

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.file_text import last
from sunbeam.core.journal import ChangeRecord, JournalNewer, JournalNotWritten
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.doctor.diagnosis import Diagnosis
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings import node

BOOTSTRAP = "sunbeam cluster bootstrap"
SILENT = timedelta(minutes=15)


async def settings_damaged(look: Look) -> list[Diagnosis]:
    if not await look(node.is_node):
        return []
    try:
        NodeSettings.read(look.paths)
    except SunbeamError as error:
        return _told(error)
    return []


async def journal_damaged(look: Look) -> list[Diagnosis]:
    """A journal that is not there is a new one."""
    refusal = await _journal_refusal(look)
    return [] if isinstance(refusal, JournalNewer | JournalNotWritten) else _told(refusal)


async def journal_newer(look: Look) -> list[Diagnosis]:
    refusal = await _journal_refusal(look)
    return _told(refusal) if isinstance(refusal, JournalNewer) else []


async def journal_not_written(look: Look) -> list[Diagnosis]:
    """It could not even be read: that takes a file that SQLite makes beside it."""
    refusal = await _journal_refusal(look)
    return _told(refusal) if isinstance(refusal, JournalNotWritten) else []


async def _journal_refusal(look: Look) -> SunbeamError | None:
    try:
        await look(node.changes)
    except NotRead as error:
        if isinstance(cause := error.__cause__, SunbeamError):
            return cause
        raise
    return None


def _told(error: SunbeamError | None) -> list[Diagnosis]:
    return [Diagnosis(error.what, f"{error.where}: {error.why}", error.next_command)] if error else []


async def no_cloud(look: Look) -> list[Diagnosis]:
    if await look(node.is_node):
        return []
    return [
        Diagnosis(
            "This machine is not part of a cloud",
            f"there is no {NodeSettings.file(look.paths)}",
            BOOTSTRAP,
        )
    ]


async def lock_held(look: Look) -> list[Diagnosis]:
    """By a process that is no change, or by a change of which nothing is heard."""
    holder = await look(node.change_lock)
    if holder is None:
        return []
    if not holder.recorded:
        return [
            Diagnosis(
                "A process holds the lock of changes and is none: no change can begin",
                f"{look.paths.change_lock}: process {holder.pid} ({holder.command})",
                f"kill {holder.pid}",
            )
        ]
    logs = sorted(look.paths.change_logs.glob("*.ndjson"), key=lambda file: file.stat().st_mtime)
    now = look.clock.now().timestamp()
    quiet = timedelta(seconds=now - logs[-1].stat().st_mtime) if logs else timedelta(0)
    if quiet < SILENT:
        return []
    return [
        Diagnosis(
            "A change is under way and nothing is heard of it",
            f"process {holder.pid} ({holder.command}) since {holder.since};"
            f" nothing for {quiet.seconds // 60} min",
            f"kill {holder.pid}",
        )
    ]


async def terraform_locked(look: Look) -> list[Diagnosis]:
    """By nobody's change: locks of this node's dead processes are not told at all."""
    locks = await look(node.terraform_locks)
    if await look(node.change_lock) is not None:
        return []
    return [
        Diagnosis(
            f"The Terraform state of {each['module']} is locked, and no change runs",
            f"locked by {each['holder']}" + (f" for {each['operation']}" if each["operation"] else ""),
            f"sunbeam plans unlock {each['module']} --force",
            about=each["module"],
        )
        for each in locks
    ]


async def change_unfinished(look: Look) -> list[Diagnosis]:
    """Unless it is being done."""
    if await look(node.change_lock) is not None:
        return []
    return [_unfinished(change) for change in await look(node.unfinished)]


def _unfinished(change: ChangeRecord) -> Diagnosis:
    again, about = f"sunbeam resume {change.id}", f"change {change.id}"
    # What failed in an earlier run has no error in this one.
    failed = [task for task in change.tasks if task.status is TaskStatus.FAILED and task.error]
    held = [task for task in change.tasks if task.status is TaskStatus.HELD and task.error]
    if failed:
        first = min(failed, key=lambda task: task.finished)
        why = "\n".join(first.error.splitlines()[:6])
        return Diagnosis(f"{change.title} failed: {first.title}", why, again, about=about)
    if held:
        why = held[0].error
        return Diagnosis(f"{change.title} waits for a person", why, again, about=about)
    undone = sum(1 for task in change.tasks if not task.status.finished)
    evidence = f"{about} began {change.started}; {undone} of {len(change.tasks)} tasks are not done"
    if change.error:
        evidence += f"; {last(change.error.splitlines(), 1)}"
    return Diagnosis(f"{change.title} was interrupted", evidence, again, about=about)


async def secrets_readable(look: Look) -> list[Diagnosis]:
    """What holds passwords and keys and others than root may read, enter or own."""
    paths = look.paths
    files = [
        paths.state,
        *(paths.etc / name for name in ("clouds.yaml", "openrc", "demo.key")),
        *sorted(paths.certificates.glob("*.key")),
        *sorted((paths.state / "secrets").glob("*")),
        paths.terraform / "backend.json",
    ]
    found = []
    for file in files:
        if not file.exists():
            continue
        status = file.stat()
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or status.st_uid != os.geteuid():
            mode = stat.filemode(status.st_mode)
            found.append(
                Diagnosis(
                    f"{file} holds secrets and others may read it",
                    f"{mode} owner {status.st_uid}",
                    f"chown root {file} && chmod go= {file}",
                    about=str(file),
                )
            )
    return found


async def credentials_gone(look: Look) -> list[Diagnosis]:
    """After a bootstrap that came to its end."""
    changes = await look(node.changes)
    done = any(each.kind == "cluster bootstrap" and each.status is ChangeStatus.DONE for each in changes)
    missing = [name for name in ("clouds.yaml", "openrc", "ca.crt") if not (look.paths.etc / name).exists()]
    if not done or not missing:
        return []
    evidence = ", ".join(f"there is no {look.paths.etc / name}" for name in missing)
    return [Diagnosis("The administrator's credentials are gone", evidence, f"{BOOTSTRAP} --accept-defaults")]
