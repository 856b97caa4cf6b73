"""Debian packages: what is missing, installing it, and taking back what came with us."""

from __future__ import annotations

from collections.abc import Sequence

from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Processes, ProcessFailed

OPTIONS = ("-y", "-qq", "-o", "DPkg::Lock::Timeout=300")
"""Another apt, such as the machine's unattended upgrades, is waited for."""

ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
LISTING = ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n")
NEEDED_ONLY = (
    *("-o", "APT::AutoRemove::RecommendsImportant=false"),
    *("-o", "APT::AutoRemove::SuggestsImportant=false"),
)
INTERRUPTED = "dpkg --configure -a"
"""What apt says to type after a power loss in the middle of an installation."""


class Packages:
    """The distribution's packages on this machine."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes

    async def installed(self) -> set[str]:
        answer = await self._processes.run(LISTING, check=False)
        lines = (line.split() for line in answer.stdout.splitlines())
        return {words[0] for words in lines if len(words) > 1 and words[1] == "ii"}

    async def install(self, names: Sequence[str]) -> None:
        """Finish an installation that was cut off, then install.  Raises SunbeamError."""
        try:
            await self._apt("update")
            try:
                await self._apt("install", "--no-install-recommends", *names)
            except ProcessFailed as failure:
                if INTERRUPTED not in failure.completed.stderr:
                    raise
                await self._processes.run(INTERRUPTED.split(), env=ENVIRONMENT)
                await self._apt("install", "--no-install-recommends", *names)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be installed: {', '.join(names)}",
                where="apt-get on this machine",
                why=_apt_reason(failure.completed.stderr),
                next_command="apt-get update && apt-get install " + " ".join(names),
                id="packages-not-installed",
            ) from failure

    async def removable(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that no other package needs; marks ``names`` as nobody's wish to find out."""
        await self._processes.run(["apt-mark", "auto", *names], env=ENVIRONMENT)
        shown = await self._processes.run(
            ["apt-get", "autoremove", "--simulate", *NEEDED_ONLY], env=ENVIRONMENT
        )
        gone = {line.split()[1] for line in shown.stdout.splitlines() if line.startswith("Remv ")}
        return [name for name in names if name in gone]

    async def remove(self, names: Sequence[str]) -> None:
        """Remove packages and their settings.  Raises SunbeamError."""
        try:
            await self._apt("purge", *names)
        except ProcessFailed as failure:
            raise SunbeamError(
                f"Packages could not be removed: {', '.join(names)}",
                where="apt-get on this machine",
                why=_apt_reason(failure.completed.stderr),
                next_command="apt-get purge " + " ".join(names),
                id="packages-not-removed",
            ) from failure

    async def _apt(self, verb: str, *words: str) -> None:
        await self._processes.run(["apt-get", verb, *OPTIONS, *words], env=ENVIRONMENT)


def _apt_reason(stderr: str) -> str:
    lines = stderr.strip().splitlines()
    return "\n".join(([line for line in lines if line.startswith("E:")] or lines)[-5:])
