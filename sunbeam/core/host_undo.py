"""Putting the machine back: the records of the host's changes, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sunbeam.core import lines
from sunbeam.core.errors import SunbeamError
from sunbeam.core.journal import HostChange, Journal
from sunbeam.core.packages import Listing, Packages
from sunbeam.core.process import ProcessFailed
from sunbeam.core.snapshot import fingerprint_of, restore, snapshot, unfinished

if TYPE_CHECKING:
    from sunbeam.core.host import Host


def packages_beside(journal: Journal, target: str) -> set[str]:
    """The packages that are on record under other targets."""
    records = (each for each in journal.host_changes() if each.kind == "packages" and each.target != target)
    return {name for each in records for name in each.before["added"]}


class HostNotRestored(SunbeamError):
    """Some changes of the host could not be taken back; the others are.

    The command of the change that takes them back tries again.
    """

    id = "host-not-restored"


class HostUndo:
    """Takes each recorded change back; nothing that somebody else has changed since is lost."""

    def __init__(
        self, host: Host, journal: Journal, packages: Packages, report: Callable[[str], None]
    ) -> None:
        self._host = host
        self._journal = journal
        self._packages = packages
        self._report = report

    async def all(self, *, keep_packages: bool) -> None:
        """Raises HostNotRestored after all records were tried."""
        await self._take_back(self._journal.host_changes(), keep_packages)

    async def some(self, targets: Sequence[tuple[str, str]]) -> None:
        """Only the records of these kinds and targets; raises as ``all`` does."""
        wanted = [each for each in self._journal.host_changes() if (each.kind, each.target) in targets]
        await self._take_back(wanted, keep_packages=False)

    async def _take_back(self, changes: Sequence[HostChange], keep_packages: bool) -> None:
        failures: list[str] = []
        for change in changes:
            try:
                await self._one(change, keep_packages)
            except (SunbeamError, ProcessFailed, OSError) as failure:
                failures.append(f"{change.kind} {change.target}: {failure}")
                continue
            if not self._host.dry_run:
                self._journal.forget_host_change(change)
        if failures:
            raise HostNotRestored("Some of this machine could not be put back", why="\n".join(failures))

    async def _one(self, change: HostChange, keep_packages: bool) -> None:
        if change.kind == "packages":
            await self._take_back_packages(change, keep_packages)
        elif change.kind == "command":
            await self._run_undo(change)
        elif change.kind == "file":
            self._restore_file(change)
        elif change.kind == "line":
            self._take_line_out(change)
        elif change.kind == "folder":
            folder = Path(change.target)
            if folder.is_dir():
                self._host.act("remove folder", change.target, lambda: _remove_empty(folder))

    async def _take_back_packages(self, change: HostChange, keep: bool) -> None:
        found = await self._packages.listing()
        if "pending" in change.before or self._added(change, found) & found.partial:
            with self._host.mutation("finish", "packages that were cut off") as real:
                if real:
                    await self._packages.finish(self._report)
                    found = await self._packages.listing()
        added = self._added(change, found)
        if not added or keep:
            return
        removable = added
        if not self._host.dry_run:
            needless = await self._packages.removable(sorted(added - found.settings))
            removable = added & (found.settings | set(needless))
        if kept := added - removable:
            self._report(f"other packages need {', '.join(sorted(kept))}: kept")
        if removable:
            with self._host.mutation("remove packages", " ".join(sorted(removable))) as real:
                if real:
                    self._report(f"removing {len(removable)} packages")
                    # Of what is cut off, settings may be left, which tell nobody whose they are.
                    self._host.note(replace(change, before={**change.before, "added": sorted(added)}))
                    await self._packages.remove(sorted(removable), self._report)

    def _added(self, change: HostChange, found: Listing) -> set[str]:
        """What of a record is on the machine, if only settings."""
        added = set(change.before["added"]) & (found.there | found.settings)
        if "pending" in change.before:
            theirs = {*change.before["pending"], *packages_beside(self._journal, change.target)}
            added |= found.there - theirs
        return added

    async def _run_undo(self, change: HostChange) -> None:
        if not await self._is_to_undo(change):
            return
        try:
            await self._host.run(change.before["argv"], changes=f"undo: {change.target}")
        except ProcessFailed:
            # The program of a run that was killed may have ended its work beside us.
            if not change.before["when"] or await self._is_to_undo(change):
                raise

    async def _is_to_undo(self, change: HostChange) -> bool:
        when = change.before["when"]
        return not when or (await self._host.read(when, check=False)).returncode == 0

    def _restore_file(self, change: HostChange) -> None:
        path, before, ours = Path(change.target), change.before["before"], change.before["ours"]
        if fingerprint_of(path) in ours or not before:
            self._host.act("restore" if before else "remove", change.target, lambda: restore(path, before))
        else:
            self._report(f"{path} was changed by somebody else since: left as it is")
            self._host.act("remove", str(unfinished(path)), lambda: unfinished(path).unlink(missing_ok=True))

    def _take_line_out(self, change: HostChange) -> None:
        path, now = Path(change.before["path"]), snapshot(Path(change.before["path"]))
        text = now.get("text", "")
        rest = lines.without(text, change.before["addition"])
        if not rest and change.before["made"]:
            self._host.act("remove", str(path), lambda: restore(path, {}))
        elif rest != text:
            self._host.act("restore", str(path), lambda: restore(path, {**now, "text": rest}))


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders below ``folder`` and itself; what holds somebody's file stays."""
    for below in sorted(folder.rglob("*"), reverse=True):
        if below.is_dir() and not below.is_symlink() and not any(below.iterdir()):
            below.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()
