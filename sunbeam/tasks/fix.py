"""Safe fixes of what checks find: small, recorded, if possible taken back by `undo` or with the cloud."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sunbeam.checks.clock import TIME_SYNC
from sunbeam.checks.kernel import LOAD_MODULES, MODULES
from sunbeam.checks.leftovers import REMOVE_OWN
from sunbeam.checks.names import LOCALHOST, OWN_NAME
from sunbeam.checks.packages import CONFIGURE, LISTING, interrupted, unfinished
from sunbeam.cluster.running import in_use, running_clouds
from sunbeam.core import lines
from sunbeam.core.change import Change
from sunbeam.core.errors import Problem, SunbeamError, UsageError
from sunbeam.core.host import Undo
from sunbeam.core.packages import ENVIRONMENT
from sunbeam.core.process import ProcessFailed
from sunbeam.core.task import Context, Task
from sunbeam.tasks.removal import RemoveContainers, RemoveServices, StopDaemon, StopEtcd

TIME_SERVICE = "systemd-timesyncd"
SET_NTP = "time synchronisation on"
PROC = Path("/proc")


class AddHostsLine(Task):
    """A line of /etc/hosts; whatever else is in it stays as it is."""

    rehearsable = True

    @abstractmethod
    def line(self, context: Context) -> str:
        """What is missing."""

    async def is_done(self, context: Context) -> bool:
        address, *names = self.line(context).split()
        lines = [line.partition("#")[0].split() for line in _hosts(context).splitlines()]
        return any(words[:1] == [address] and set(names) <= set(words[1:]) for words in lines)

    async def act(self, context: Context) -> None:
        context.host.add_line(_hosts_file(context), self.line(context))

    async def undo(self, context: Context) -> None:
        target = ("line", lines.target(_hosts_file(context), self.line(context)))
        await context.host.undo_targets([target], report=context.report)


class AddOwnName(AddHostsLine):
    id = OWN_NAME
    title = "Write the machine's own name into /etc/hosts"

    def line(self, context: Context) -> str:
        name = (context.paths.root / "proc/sys/kernel/hostname").read_text().strip()
        return f"127.0.1.1 {name}"


class AddLocalhost(AddHostsLine):
    id = LOCALHOST
    title = "Write localhost into /etc/hosts"

    def line(self, context: Context) -> str:
        return "127.0.0.1 localhost"


def _hosts_file(context: Context) -> Path:
    return (context.paths.root / "etc/hosts").resolve()


def _hosts(context: Context) -> str:
    file = _hosts_file(context)
    return file.read_text("utf-8") if file.exists() else ""


class SyncTime(Task):
    """The distribution's time service, as timedatectl switches it on."""

    id = TIME_SYNC
    title = "Keep the clock right"
    rehearsable = True

    async def is_done(self, context: Context) -> bool:
        return "NTP=yes" in await _time(context)

    async def act(self, context: Context) -> None:
        if "CanNTP=no" in await _time(context):
            await context.host.install_packages([TIME_SERVICE], record=self.id, report=context.report)
        off = Undo(["timedatectl", "set-ntp", "false"])
        await context.host.run(["timedatectl", "set-ntp", "true"], changes=SET_NTP, undo=off)

    async def undo(self, context: Context) -> None:
        targets = [("command", SET_NTP), ("packages", self.id)]
        await context.host.undo_targets(targets, report=context.report)


async def _time(context: Context) -> list[str]:
    return (await context.read(["timedatectl", "show"], check=False)).stdout.splitlines()


class ConfigurePackages(Task):
    """What apt asks for after an installation was cut off."""

    id = CONFIGURE
    title = "Finish the installation of packages"
    rehearsable = True
    final = "packages stay configured"

    async def is_done(self, context: Context) -> bool:
        return not interrupted(context.paths.root) and not await self._unfinished(context)

    async def act(self, context: Context) -> None:
        try:
            await context.host.run(
                ["dpkg", "--configure", "-a"], changes="configure packages", env=ENVIRONMENT
            )
        except ProcessFailed as failure:
            raise SunbeamError(
                "Packages could not be configured",
                where="dpkg --configure -a",
                why=failure.completed.stderr.strip(),
                next_command="apt-get install --fix-broken",
                id="packages-half-configured",
            ) from failure

    async def verify(self, context: Context) -> None:
        if left := await self._unfinished(context):
            raise SunbeamError(
                "Packages are still not configured",
                where="dpkg",
                why=", ".join(left),
                next_command="apt-get install --fix-broken",
                id="packages-half-configured",
            )

    async def _unfinished(self, context: Context) -> tuple[str, ...]:
        return unfinished((await context.read(LISTING, check=False)).stdout)


class LoadModules(Task):
    """Kernel modules now and at each boot; one that is in use by then stays until the next boot."""

    id = LOAD_MODULES
    title = "Load kernel modules"
    rehearsable = True

    async def is_done(self, context: Context) -> bool:
        return not self._missing(context)

    async def act(self, context: Context) -> None:
        missing = self._missing(context)
        for name in missing:
            unused = f'test "$(cat /sys/module/{name}/refcnt)" = 0'
            unload = Undo(["modprobe", "--remove", name], when=["sh", "-c", unused])
            await context.host.run(["modprobe", name], changes=_loading(name), undo=unload)
        file = context.paths.root / "etc/modules-load.d/sunbeam.conf"
        known = file.read_text().split() if file.exists() else []
        context.host.write_file(file, "".join(f"{name}\n" for name in dict.fromkeys([*known, *missing])))

    async def undo(self, context: Context) -> None:
        file = str(context.paths.root / "etc/modules-load.d/sunbeam.conf")
        targets = [("file", file), *(("command", _loading(name)) for name in MODULES)]
        await context.host.undo_targets(targets, report=context.report)

    def _missing(self, context: Context) -> list[str]:
        root = context.paths.root
        there = {
            "tun": (root / "dev/net/tun").exists(),
            "overlay": "overlay" in (root / "proc/filesystems").read_text().split(),
        }
        return [name for name in MODULES if not there[name]]


def _loading(module: str) -> str:
    return f"kernel module {module}"


class RemoveLeftovers(RemoveContainers):
    """Nothing while a cloud of ours runs, of this root or another: its networks have the same names."""

    async def problems(self, context: Context) -> list[Problem]:
        clouds = await asyncio.to_thread(running_clouds, PROC)
        what = ("containers", "networks", "services")
        return [in_use(clouds, context.paths.root, what)] if clouds else []


def _remove_leftovers() -> list[Task]:
    return [StopDaemon(), StopEtcd(), RemoveServices(), RemoveLeftovers()]


@dataclass(frozen=True)
class Fix:
    """``what`` it does, for the person who is shown it."""

    what: str
    tasks: Callable[[], Sequence[Task]]

    @property
    def final(self) -> str:
        """Why it is not taken back; empty: `undo` does it."""
        return ", ".join(dict.fromkeys(task.final for task in self.tasks() if task.final))


FIXES: dict[str, Fix] = {
    OWN_NAME: Fix("add the machine's own name to /etc/hosts", lambda: [AddOwnName()]),
    LOCALHOST: Fix("add localhost to /etc/hosts", lambda: [AddLocalhost()]),
    TIME_SYNC: Fix(
        f"switch time synchronisation on (installs {TIME_SERVICE} if there is none)", lambda: [SyncTime()]
    ),
    CONFIGURE: Fix("finish the installation of packages that was cut off", lambda: [ConfigurePackages()]),
    LOAD_MODULES: Fix("load kernel modules now and at each boot", lambda: [LoadModules()]),
    REMOVE_OWN: Fix(
        "remove containers, networks and services that we left, unless a cloud runs", _remove_leftovers
    ),
}
"""Every safe fix by the id that findings name."""


def fix(ids: Sequence[str]) -> Change:
    """Apply some of ``FIXES``.  Raises UsageError for one that does not exist."""
    if unknown := [id for id in ids if id not in FIXES]:
        raise UsageError(f"There is no fix {unknown[0]}", next_command="sunbeam check", id="fix-unknown")
    tasks = [task for id in ids for task in FIXES[id].tasks()]
    return Change("fix", "Fix this machine", tasks, {"fixes": list(ids)})
