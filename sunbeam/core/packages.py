"""Debian packages: what is missing, installing it, and taking back what came with us."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
LOCKED = "Could not get lock "
LOCK_SECONDS = 300.0
LOCK_HOLDERS = "systemctl status unattended-upgrades apt-daily apt-daily-upgrade"

Report = Callable[[str], None]


class Packages:
    """The distribution's packages on this machine.

    Another apt, such as the machine's unattended upgrades, is waited for; ``report`` is told of it.  Raises
    WaitedInVain after five minutes.
    """

    def __init__(self, processes: Processes, clock: Clock) -> None:
        self._processes = processes
        self._clock = clock

    async def installed(self) -> set[str]:
        answer = await self._processes.run(LISTING, check=False)
        lines = (line.split() for line in answer.stdout.splitlines())
        return {words[0] for words in lines if len(words) > 1 and words[1] == "ii"}

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
            await self._install(names, report)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be installed: {', '.join(names)}",
                where="apt-get on this machine",
                why="\n".join(filter(None, (not_updated, _apt_reason(failure.completed.stderr)))),
                next_command="apt-get update && apt-get install " + " ".join(names),
                id="packages-not-installed",
            ) from failure

    async def _install(self, names: Sequence[str], report: Report) -> None:
        try:
            await self._apt(report, "install", "--no-install-recommends", *names)
        except ProcessFailed as failure:
            if INTERRUPTED not in failure.completed.stderr:
                raise
            await self._processes.run(INTERRUPTED.split(), env=ENVIRONMENT)
            await self._apt(report, "install", "--no-install-recommends", *names)

    async def removable(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that no other package needs; marks ``names`` as nobody's wish to find out."""
        await self._processes.run(["apt-mark", "auto", *names], env=ENVIRONMENT)
        shown = await self._processes.run(
            ["apt-get", "autoremove", "--simulate", *NEEDED_ONLY], env=ENVIRONMENT
        )
        gone = {line.split()[1] for line in shown.stdout.splitlines() if line.startswith("Remv ")}
        return [name for name in names if name in gone]

    async def remove(self, names: Sequence[str], report: Report) -> None:
        """Remove packages and their settings.  Raises SunbeamError."""
        try:
            await self._apt(report, "purge", *names)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be removed: {', '.join(names)}",
                where="apt-get on this machine",
                why=_apt_reason(failure.completed.stderr),
                next_command="apt-get purge " + " ".join(names),
                id="packages-not-removed",
            ) from failure

    async def _apt(self, report: Report, verb: str, *words: str) -> None:
        """apt itself can wait for the lock of dpkg (DPkg::Lock::Timeout), but for none of its own."""

        async def attempt() -> Look:
            try:
                await self._processes.run(["apt-get", verb, *OPTIONS, *words], env=ENVIRONMENT)
            except ProcessFailed as failure:
                _, locked, by = failure.completed.stderr.partition(LOCKED)
                if not locked:
                    raise
                return Look(missing=f"{locked}{by.splitlines()[0]}")
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
