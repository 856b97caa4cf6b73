"""Debian packages: what is missing, installing it, and taking back what came with us."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sunbeam.core.clock import Clock
from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Processes, ProcessFailed
from sunbeam.core.wait import Look, wait_for

OPTIONS = ("-y", "-qq")
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
LISTING = ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n")
NEEDED_ONLY = (
    *("-o", "APT::AutoRemove::RecommendsImportant=false"),
    *("-o", "APT::AutoRemove::SuggestsImportant=false"),
)
INTERRUPTED = "dpkg --configure -a"
"""What apt says to type after a power loss in the middle of an installation."""
FORCED = ("-o", "DPkg::Options::=--force-remove-reinstreq")
"""dpkg would have a package whose files were not all unpacked installed again before it goes."""
LOCKED = ("Could not get lock ", "locked by another process")
"""What apt and dpkg say."""
LOCK_SECONDS = 300.0
LOCK_HOLDERS = "systemctl status unattended-upgrades apt-daily apt-daily-upgrade"

Report = Callable[[str], None]


@dataclass(frozen=True)
class Listing:
    """What dpkg knows: pairs of a package and its state, such as ``ii``."""

    states: frozenset[tuple[str, str]]

    @classmethod
    def parse(cls, listing: str) -> Listing:
        lines = (line.split() for line in listing.splitlines())
        return cls(frozenset((words[0], words[1]) for words in lines if len(words) > 1))

    @property
    def installed(self) -> set[str]:
        return {name for name, state in self.states if state == "ii"}

    @property
    def there(self) -> set[str]:
        """Also those of which only a part is."""
        return {name for name, state in self.states if state[1] not in "nc"}

    @property
    def partial(self) -> set[str]:
        """Those whose installation or removal was cut off."""
        return {name for name, state in self.states if state[1] in "HUFWt"}

    @property
    def settings(self) -> set[str]:
        """Those that are removed up to their settings."""
        return {name for name, state in self.states if state[1] == "c"}


class Packages:
    """The distribution's packages on this machine.

    Another apt, such as the machine's unattended upgrades, is waited for; ``report`` is told of it.  Raises
    WaitedInVain after five minutes.
    """

    def __init__(self, processes: Processes, clock: Clock) -> None:
        self._processes = processes
        self._clock = clock

    async def listing(self) -> Listing:
        return Listing.parse((await self._processes.run(LISTING, check=False)).stdout)

    async def update(self, report: Report) -> str:
        """Fetch the lists of packages; returns why some could not be, empty if all are there.

        An archive of others that is gone fails an update, but nothing that needs nothing of it.
        """
        try:
            await self._apt(report, "update")
        except ProcessFailed as failure:
            return _apt_reason(failure.completed.stderr)
        return ""

    async def install(self, names: Sequence[str], report: Report) -> None:
        """Finish an installation that was cut off, then install.  Raises SunbeamError."""
        not_updated = await self.update(report)
        try:
            await self._apt_after_others(report, "install", "--no-install-recommends", *names)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be installed: {', '.join(names)}",
                where="apt-get on this machine",
                why="\n".join(filter(None, (not_updated, _apt_reason(failure.completed.stderr)))),
                next_command="apt-get update && apt-get install " + " ".join(names),
                id="packages-not-installed",
            ) from failure

    async def finish(self, report: Report) -> None:
        """Have dpkg finish what was cut off, as far as it can; one that still goes on is waited for."""
        with suppress(ProcessFailed):  # what it leaves, apt takes care of or complains of
            await self._wait_for_lock(report, INTERRUPTED.split())

    async def removable(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that no other package needs; marks ``names`` as nobody's wish to find out."""
        if not names:
            return []
        await self._processes.run(["apt-mark", "auto", *names], env=ENVIRONMENT)
        shown = await self._processes.run(
            ["apt-get", "autoremove", "--simulate", "--fix-broken", *NEEDED_ONLY], env=ENVIRONMENT
        )
        gone = {line.split()[1] for line in shown.stdout.splitlines() if line.startswith("Remv ")}
        return [name for name in names if name in gone]

    async def remove(self, names: Sequence[str], report: Report) -> None:
        """Remove packages, also those of which a part is there, and settings.  Raises SunbeamError."""
        try:
            await self._apt_after_others(report, "purge", *FORCED, *names)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be removed: {', '.join(names)}",
                where="apt-get on this machine",
                why=_apt_reason(failure.completed.stderr),
                next_command="apt-get purge " + " ".join(names),
                id="packages-not-removed",
            ) from failure

    async def _apt_after_others(self, report: Report, verb: str, *words: str) -> None:
        """apt, once what was cut off is finished."""
        try:
            await self._apt(report, verb, *words)
        except ProcessFailed as failure:
            if INTERRUPTED not in failure.completed.stderr:
                raise
            await self.finish(report)
            await self._apt(report, verb, *words)

    async def _apt(self, report: Report, verb: str, *words: str) -> None:
        await self._wait_for_lock(report, ["apt-get", verb, *OPTIONS, *words])

    async def _wait_for_lock(self, report: Report, argv: Sequence[str]) -> None:
        """apt itself can wait for the lock of dpkg (DPkg::Lock::Timeout), but for none of its own."""

        async def attempt() -> Look:
            try:
                await self._processes.run(argv, env=ENVIRONMENT)
            except ProcessFailed as failure:
                lines = failure.completed.stderr.splitlines()
                locked = [line for line in lines if any(words in line for words in LOCKED)]
                if not locked:
                    raise
                return Look(missing=locked[0].removeprefix("E: "))
            return Look(done=True)

        await wait_for(
            attempt,
            self._clock,
            on_look=lambda seen: report(seen.sentence),
            quiet_seconds=LOCK_SECONDS,
            pause_seconds=1.0,
            next_command=LOCK_HOLDERS,
        )


def _apt_reason(stderr: str) -> str:
    lines = stderr.strip().splitlines()
    return "\n".join(([line for line in lines if line.startswith("E:")] or lines)[-5:])
