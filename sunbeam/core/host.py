"""The one seam through which a change touches the machine: dry run, record, timing and redaction.

What lies below Sunbeam's own folders is removed with them.  Everything else (packages, files elsewhere, what
a program changed) is recorded with what was there before, first the record, then the change, so that
``cluster destroy`` can put it back from any half-done state.
"""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sunbeam.core import lines
from sunbeam.core.clock import Clock
from sunbeam.core.host_undo import HostUndo, packages_beside
from sunbeam.core.journal import HostChange, Journal
from sunbeam.core.packages import Packages
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed, Processes
from sunbeam.core.redaction import Redactor
from sunbeam.core.snapshot import fingerprint, replace_file, restore, snapshot

Place = Literal["machine", "cloud"]


@dataclass(frozen=True)
class Mutation:
    """One entry of a dry run or log: a verb and what it is done to, in which place; ``seconds`` it took."""

    verb: str
    target: str
    seconds: float = 0.0
    place: Place = "machine"


@dataclass(frozen=True)
class Undo:
    """The program that takes back what another did; only if ``when``, a program that reads, succeeds."""

    argv: Sequence[str | Path]
    when: Sequence[str | Path] = ()


class Host:
    """Mutations of this machine; ``performed`` lists them (in a dry run: what would be done).

    Files are written at once, so their methods are plain functions; what runs programs is awaited.
    """

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
        self._packages = Packages(processes, clock)
        self._observer: Callable[[Mutation], object] = lambda mutation: None

    def observed_by(self, observer: Callable[[Mutation], object]) -> Host:
        """The same host, whose mutations are told to ``observer`` too."""
        observed = copy.copy(self)
        observed._observer = observer
        return observed

    def for_thread(self) -> Host:
        """The same host for work in another thread; the observer is told in the one of the event loop."""
        loop, observer = asyncio.get_running_loop(), self._observer
        return self.observed_by(lambda mutation: loop.call_soon_threadsafe(observer, mutation))

    async def read(self, argv: Sequence[str | Path], *, check: bool = True) -> Completed:
        """Run a program that only reads; done in a dry run as well."""
        return await self.processes.run(argv, check=check)

    async def run(
        self,
        argv: Sequence[str | Path],
        *,
        changes: str,
        undo: Undo | None = None,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program that changes something; ``changes`` says what in a few words.

        ``undo`` is recorded first and run by ``undo_recorded``; without it the change must vanish with our
        folders.  Raises as ``Processes.run`` does.
        """
        with self.mutation("run", changes) as real:
            if not real:
                return Completed(tuple(str(word) for word in argv), 0)
            if undo:
                words = {"argv": [str(w) for w in undo.argv], "when": [str(w) for w in undo.when]}
                self.note(HostChange("command", changes, words))
            return await self.processes.run(argv, input=input, env=env, cwd=cwd, check=check, on_line=on_line)

    def make_folder(self, path: Path, mode: int = 0o755) -> None:
        """Make ``path`` and its parents unless they exist, or would by then."""
        if path.is_dir() or (self.dry_run and self._is_listed("make folder", path)):
            return
        first_missing = next(each for each in [*reversed(path.parents), path] if not each.exists())
        with self.mutation("make folder", str(path)) as real:
            if real:
                if not self._is_ours(path):
                    self.note(HostChange("folder", str(first_missing), {}))
                path.mkdir(parents=True, mode=mode)
                path.chmod(mode)

    def remember_secret(self, secret: str) -> None:
        """From now on it is in no output, log or journal."""
        self._redactor.add(secret)

    def write_file(self, path: Path, text: str, mode: int = 0o644) -> None:
        """Replace ``path`` whole, in one step; nothing happens if it is so already."""
        content = text.encode("utf-8", "surrogateescape")
        there = path.is_file() and not path.is_symlink()
        if there and path.read_bytes() == content and path.stat().st_mode & 0o7777 == mode:
            return
        self.make_folder(path.parent)
        with self.mutation("write", str(path)) as real:
            if real:
                self._note_path(path, fingerprint(content))
                replace_file(path, content, mode)

    def add_line(self, path: Path, line: str) -> None:
        """Put ``line`` behind a text that belongs to others; whatever they write later survives its undo."""
        before = snapshot(path)
        text = before.get("text", "")
        addition = lines.added(text, line)
        with self.mutation("write", str(path)) as real:
            if real:
                record = {"path": str(path), "addition": addition, "made": not before}
                self.note(HostChange("line", lines.target(path, line), record))
                restore(path, {"mode": 0o644, **before, "text": text + addition})

    def remove(self, path: Path) -> None:
        """Remove a file, or a whole folder of ours.  Raises ValueError for a folder that is not ours."""
        if not (path.exists() or path.is_symlink()):
            return
        folder = path.is_dir() and not path.is_symlink()
        if folder and not self._is_ours(path):
            raise ValueError(f"{path} is not a folder of Sunbeam's")
        with self.mutation("remove", str(path)) as real:
            if real and folder:
                shutil.rmtree(path)
            elif real:
                self._note_path(path, "")
                path.unlink()

    def act(self, verb: str, target: str, action: Callable[[], object]) -> None:
        """Any other mutation that a library does in this process."""
        with self.mutation(verb, target) as real:
            if real:
                action()

    async def act_in_thread(self, verb: str, target: str, action: Callable[[], object]) -> None:
        """As ``act``, for what takes its time; the event loop goes on meanwhile."""
        with self.mutation(verb, target) as real:
            if real:
                await asyncio.to_thread(action)

    async def missing_packages(self, names: Sequence[str]) -> list[str]:
        """Which Debian packages are not installed."""
        installed = (await self._packages.listing()).installed
        return [name for name in names if name not in installed]

    def is_installing(self, record: str) -> bool:
        """Whether an installation on record has not come to its end, as far as is known here.

        Apt may have ended after who began it; until that is on record, what anybody installs counts as ours.
        """
        known = self._journal.host_change("packages", record)
        return known is not None and "pending" in known.before

    async def update_package_lists(self, *, report: Callable[[str], None]) -> str:
        """Have apt fetch its lists anew; why some could not be fetched.  Raises WaitedInVain."""
        with self.mutation("update", "package lists of apt") as real:
            return await self._packages.update(report) if real else ""

    async def install_packages(
        self, names: Sequence[str], *, record: str, report: Callable[[str], None]
    ) -> None:
        """Install what is missing; what apt really added is put on record as ``record``.

        Raises SunbeamError.
        """
        found = await self._packages.listing()
        before, missing = found.there, [name for name in names if name not in found.installed]
        known = self._journal.host_change("packages", record)
        if known and "pending" in known.before:
            before = set(known.before["pending"]) | packages_beside(self._journal, record)
        elif not missing:
            return
        with self.mutation("install packages", " ".join(missing)) as real:
            if real:
                added = set(known.before.get("added", ())) if known else set()
                pending = {"added": sorted(added), "pending": sorted(before)}
                self.note(HostChange("packages", record, pending))
                await self._packages.install(missing, report)
                added |= (await self._packages.listing()).there - before
                self.note(HostChange("packages", record, {"added": sorted(added)}))

    async def undo_recorded(self, *, keep_packages: bool, report: Callable[[str], None]) -> None:
        """Put back everything on record, newest first.

        Raises SunbeamError after all else is put back if something could not be; it stays on record.
        """
        await HostUndo(self, self._journal, self._packages, report).all(keep_packages=keep_packages)

    async def undo_targets(
        self, targets: Sequence[tuple[str, str]], *, report: Callable[[str], None]
    ) -> None:
        """Put back what is on record under these kinds and targets, newest first; raises as above."""
        await HostUndo(self, self._journal, self._packages, report).some(targets)

    @contextmanager
    def mutation(self, verb: str, target: str, place: Place = "machine") -> Iterator[bool]:
        """List, time and tell a mutation; whether to really do it."""
        began = self._clock.monotonic()
        try:
            yield not self.dry_run
        finally:
            seconds = self._clock.monotonic() - began
            mutation = Mutation(verb, self._redactor.redact(target), seconds, place)
            self.performed.append(mutation)
            self._observer(mutation)

    def _is_listed(self, verb: str, path: Path) -> bool:
        return any((each.verb, each.target) == (verb, str(path)) for each in self.performed)

    def _is_ours(self, path: Path) -> bool:
        own = (self.paths.state, self.paths.run, self.paths.etc)
        return any(path == folder or folder in path.parents for folder in own)

    def _note_path(self, path: Path, wanted: str) -> None:
        """Keep how ``path`` was before our first change of it, and every content that came from us."""
        if self._is_ours(path):
            return
        known = self._journal.host_change("file", str(path))
        record: dict[str, Any] = known.before if known else {"before": snapshot(path), "ours": []}
        self.note(HostChange("file", str(path), {**record, "ours": sorted({*record["ours"], wanted})}))

    def note(self, change: HostChange) -> None:
        """Put a change on record, or amend its record."""
        self._journal.note_host_change(change, self._clock.now().isoformat())
