"""The one seam through which a change touches the machine: dry run, record, timing and redaction.

What lies below Sunbeam's own folders is removed with them.  Everything else (packages, files elsewhere) is
recorded with what was there before, first the record, then the change, so that ``cluster destroy`` can put
it back from any half-done state.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.clock import Clock
from sunbeam.core.errors import SunbeamError
from sunbeam.core.journal import HostChange, Journal
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed, Processes, ProcessFailed
from sunbeam.core.redaction import Redactor

APT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Mutation:
    """One entry of a dry run or log: a verb and what it is done to."""

    verb: str
    target: str


class Host:
    """Mutations of this machine; ``performed`` lists them (in a dry run: what would be done)."""

    def __init__(
        self,
        processes: Processes,
        journal: Journal,
        paths: Paths,
        clock: Clock,
        redactor: Redactor,
        *,
        dry_run: bool = False,
    ) -> None:
        self.processes = processes
        self.paths = paths
        self.dry_run = dry_run
        self.performed: list[Mutation] = []
        self._journal = journal
        self._clock = clock
        self._redactor = redactor

    async def read(self, argv: Sequence[str | Path], *, check: bool = True) -> Completed:
        """Run a program that only reads; done in a dry run as well."""
        return await self.processes.run(argv, check=check)

    async def run(
        self,
        argv: Sequence[str | Path],
        *,
        changes: str,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program that changes something; ``changes`` says what in a few words."""
        if not self._perform("run", changes):
            return Completed(tuple(str(word) for word in argv), 0)
        return await self.processes.run(argv, input=input, env=env, cwd=cwd, check=check, on_line=on_line)

    def make_folder(self, path: Path, mode: int = 0o755) -> None:
        """Make ``path`` and its parents unless they exist."""
        if path.is_dir():
            return
        first_missing = next(each for each in [*reversed(path.parents), path] if not each.exists())
        if self._perform("make folder", str(path)):
            self._record("folder", first_missing, {})
            path.mkdir(parents=True, mode=mode)

    def write_file(self, path: Path, text: str, mode: int = 0o644) -> None:
        """Replace ``path`` whole, in one step; nothing happens if it is so already."""
        if path.is_file() and path.read_text() == text and path.stat().st_mode & 0o777 == mode:
            return
        self.make_folder(path.parent)
        if not self._perform("write", str(path)):
            return
        before = {"text": path.read_text(), "mode": path.stat().st_mode & 0o777} if path.is_file() else {}
        self._record("file", path, before)
        temporary = path.with_name(f".{path.name}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def remove(self, path: Path) -> None:
        """Remove a file or a whole folder of ours."""
        if (path.exists() or path.is_symlink()) and self._perform("remove", str(path)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def act(self, verb: str, target: str, action: Callable[[], object]) -> None:
        """Any other mutation that a library does in this process."""
        if self._perform(verb, target):
            action()

    async def missing_packages(self, names: Sequence[str]) -> list[str]:
        """Which Debian packages are not installed."""
        answer = await self.read(
            ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n", *names], check=False
        )
        lines = (line.split() for line in answer.stdout.splitlines())
        installed = {words[0] for words in lines if len(words) > 1 and words[1] == "ii"}
        return [name for name in names if name not in installed]

    async def install_packages(self, names: Sequence[str]) -> None:
        """Install what is missing and record what apt really added.  Raises SunbeamError."""
        missing = await self.missing_packages(names)
        if not missing or not self._perform("install packages", " ".join(missing)):
            return
        before = await self._installed()
        self._record_raw("packages-before", "all", {"names": sorted(before)})
        try:
            await self.processes.run(["apt-get", "update", "-qq"], env=APT)
            await self.processes.run(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=APT
            )
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be installed: {', '.join(missing)}",
                where="apt-get on this machine",
                why=_apt_reason(failure.completed.stderr),
                next_command="apt-get update && apt-get install " + " ".join(missing),
            ) from failure

    async def undo_recorded(self, *, keep_packages: bool, report: Callable[[str], None]) -> None:
        """Put back everything on record, newest first."""
        for change in self._journal.host_changes():
            await self._undo(change, keep_packages, report)
            if not self.dry_run:
                self._journal.forget_host_change(change)

    async def _undo(self, change: HostChange, keep_packages: bool, report: Callable[[str], None]) -> None:
        path = Path(change.target)
        if change.kind == "packages-before":
            added = sorted(await self._installed() - set(change.before["names"]))
            if added and not keep_packages:
                report(f"removing {len(added)} packages")
                if self._perform("remove packages", " ".join(added)):
                    await self.processes.run(["apt-get", "purge", "-y", "-qq", *added], env=APT)
        elif change.kind == "file":
            if change.before:
                if self._perform("restore", change.target):
                    path.write_text(change.before["text"])
                    path.chmod(change.before["mode"])
            else:
                self.remove(path)
        elif change.kind == "folder" and path.is_dir() and self._perform("remove", change.target):
            _remove_empty(path)

    async def _installed(self) -> set[str]:
        answer = await self.read(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n"])
        lines = (line.split() for line in answer.stdout.splitlines())
        return {words[0] for words in lines if len(words) > 1 and words[1] == "ii"}

    def _perform(self, verb: str, target: str) -> bool:
        self.performed.append(Mutation(verb, self._redactor.redact(target)))
        return not self.dry_run

    def _record(self, kind: str, path: Path, before: Mapping[str, object]) -> None:
        own = (self.paths.state, self.paths.run, self.paths.etc)
        if not any(path == folder or folder in path.parents for folder in own):
            self._record_raw(kind, str(path), before)

    def _record_raw(self, kind: str, target: str, before: Mapping[str, object]) -> None:
        self._journal.note_host_change(HostChange(kind, target, dict(before)), self._clock.now().isoformat())


def _apt_reason(stderr: str) -> str:
    lines = stderr.strip().splitlines()
    return "\n".join(([line for line in lines if line.startswith("E:")] or lines)[-5:])


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders below ``folder`` and itself; what holds somebody's file stays."""
    for below in sorted(folder.rglob("*"), reverse=True):
        if below.is_dir() and not any(below.iterdir()):
            below.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()
