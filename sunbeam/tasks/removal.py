"""Stopping and removing a node's part of the cloud, from any half-done state."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from sunbeam.cluster.services import DAEMON, ETCD, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.engine import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight
from sunbeam.core.paths import Paths
from sunbeam.core.process import ProcessFailed
from sunbeam.core.task import Context, Task
from sunbeam.substrates.embedded.assembly import embedded_teardown, host_changes
from sunbeam.substrates.embedded.network import NetworkPlan
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.shutdown import stop_containers
from sunbeam.substrates.embedded.uplink import Uplink
from sunbeam.tasks.node_preview import INTERFACES

STOPPED = "VMs, the dashboard and all APIs stop until `sunbeam cluster start`"
STAYS = "packages that others need by then stay"
GONE = "what was removed is gone"
ALSO_GOES = "and what comes with them: namespaces, mounts, packet rules, folders of podman"
LISTING_SECONDS = 30.0
LOST = "all VMs, volumes, images, databases and credentials of this cloud are lost"


class StopDaemon(Task):
    """sunbeamd first: nothing may bring back what is being stopped."""

    id = "stop-daemon"
    title = "Stop sunbeamd"
    final = GONE
    typical_seconds = 6.0
    rehearsable = True

    async def is_done(self, context: Context) -> bool:
        return not services_of(context.paths).running(DAEMON)

    async def act(self, context: Context) -> None:
        await _stop_service(context, DAEMON)


async def _stop_service(context: Context, name: str) -> None:
    stop = partial(services_of(context.paths).stop, name)
    await context.host.act_in_thread("stop service", name, stop)


class StopContainers(Task):
    """Machines (with their VMs) first, then pods; each is asked before it is killed."""

    id = "stop-containers"
    title = "Stop machines and pods"
    typical_seconds = 10.0
    rehearsable = True
    needs = ("stop-daemon",)

    async def act(self, context: Context) -> None:
        podman = Podman(context.host.processes, context.paths)
        if podman.folders.in_use:
            await stop_containers(podman, partial(context.host.mutation, "stop container"))

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(risks=(STOPPED,) if await _containers(context) else ())


class ReleaseInterface(Task):
    """The interface of the external network works for this machine again until the cloud starts."""

    id = "release-interface"
    title = "Give the interface of the external network back"
    typical_seconds = 0.5
    rehearsable = True
    needs = ("stop-containers",)

    async def is_done(self, context: Context) -> bool:
        return host_changes(context.paths).interface is None

    async def act(self, context: Context) -> None:
        changes, bridge = host_changes(context.paths), network_of(context).external_bridge
        taken = changes.interface
        if taken is not None:
            with context.host.mutation("give back interface", taken.name) as really:
                if really:
                    await Uplink(context.host.processes, changes, bridge).release()


class StopEtcd(Task):
    id = "stop-etcd"
    title = "Stop etcd"
    final = GONE
    typical_seconds = 1.0
    rehearsable = True
    needs = ("stop-daemon",)

    async def is_done(self, context: Context) -> bool:
        return not services_of(context.paths).running(ETCD)

    async def act(self, context: Context) -> None:
        await _stop_service(context, ETCD)


class RemoveServices(Task):
    id = "remove-services"
    title = "Remove the services"
    final = GONE
    typical_seconds = 1.0
    rehearsable = True
    needs = ("stop-daemon", "stop-etcd")

    async def act(self, context: Context) -> None:
        for name in (DAEMON, ETCD):
            remove = partial(services_of(context.paths).remove, name)
            await context.host.act_in_thread("remove service", name, remove)


class RemoveContainers(Task):
    """Containers, networks, mounts and packet rules, by what is really there."""

    id = "remove-containers"
    title = "Remove containers and networks"
    final = GONE
    typical_seconds = 4.0
    rehearsable = True
    needs = ("stop-daemon",)

    async def act(self, context: Context) -> None:
        """They go together, and each is told."""
        plan = network_of(context)
        with ExitStack() as going:
            for verb, name in reversed(await _what_goes(context, plan)):
                going.enter_context(context.host.mutation(verb, name))
            if not context.host.dry_run:
                await embedded_teardown(context.host.processes, context.paths, plan).run()

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        lost = NodeSettings.exists(context.paths) or await _containers(context)
        return Foresight(risks=(LOST,) if lost else (), note=ALSO_GOES)


async def _what_goes(context: Context, plan: NetworkPlan) -> list[tuple[str, str]]:
    """How and what, by what is really there; of the host's changes those on record."""
    bridges = [name for name in (plan.external_bridge, plan.pod_bridge) if (INTERFACES / name).exists()]
    changes = host_changes(context.paths)
    return [
        *(("remove container", name) for name in await _containers(context)),
        *([("give back interface", changes.interface.name)] if changes.interface else []),
        *(("remove interface", name) for name in bridges),
        *(("set back", f"{key} = {value}") for key, value in changes.sysctls.items()),
    ]


async def _containers(context: Context) -> list[str]:
    """Names of our containers; podman is not asked before it has storage of ours: it would make it.

    One that cannot tell them, as its database is damaged, keeps nothing from being removed.
    """
    podman = Podman(context.host.processes, context.paths)
    if not podman.folders.in_use:
        return []
    try:
        async with asyncio.timeout(LISTING_SECONDS):
            return sorted(name for each in await podman.containers() for name in each["Names"])
    except (OSError, ProcessFailed, TimeoutError, ValueError):
        return []


class RestoreHost(Task):
    """Everything on record outside our folders: files, folders, packages."""

    id = "restore-host"
    title = "Put back what was changed on this machine"
    typical_seconds = 5.0
    rehearsable = True
    needs = ("remove-containers", "remove-services")

    def __init__(self, *, keep_packages: bool) -> None:
        self._keep_packages = keep_packages

    async def act(self, context: Context) -> None:
        await context.host.undo_recorded(keep_packages=self._keep_packages, report=context.report)

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        """Whether others need a package is only known by then."""
        return Foresight(note="" if self._keep_packages else STAYS)


class RemoveFolders(Task):
    """All of ours except the journal, which goes when this change is over, and what is to be kept."""

    id = "remove-folders"
    title = "Remove Sunbeam's folders"
    typical_seconds = 1.0
    rehearsable = True
    needs = ("restore-host",)

    def __init__(self, keep: Collection[str] = ()) -> None:
        """``keep`` are names in our folders."""
        self._keep = keep

    async def act(self, context: Context) -> None:
        """What the tasks before it leave in them goes with the rest, and is not told one by one."""
        paths = context.paths
        journal = paths.journal.name
        kept = {*self._keep, journal, f"{journal}-wal", f"{journal}-shm", paths.change_lock.name}
        context.host.remove(paths.etc)
        for folder in (paths.state, paths.run):
            context.host.act("empty", str(folder), partial(_empty, folder, kept))


def _empty(folder: Path, kept: Collection[str]) -> None:
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    for entry in (each for each in entries if each.name not in kept):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def network_of(context: Context) -> NetworkPlan:
    """The node's networks, or the default ones when its settings are gone."""
    try:
        return NodeSettings.read(context.paths).network
    except SunbeamError:
        return NetworkPlan()


def stop() -> Change:
    """Stop everything; nothing is removed."""
    return Change(
        "cluster stop", "Stop the cloud", [StopDaemon(), StopContainers(), ReleaseInterface(), StopEtcd()]
    )


def destroy(paths: Paths, *, keep_packages: bool) -> Change:
    """Remove everything of ours, whatever state it is in."""
    tasks: list[Task] = [
        StopDaemon(),
        StopEtcd(),
        RemoveServices(),
        RemoveContainers(),
        RestoreHost(keep_packages=keep_packages),
        RemoveFolders(),
    ]
    return Change("cluster destroy", "Remove the cloud", tasks, afterwards=partial(forget, paths))


async def take_down(context: Context) -> None:
    """Services, containers and networks of this node, from whatever state they are in."""
    for task in (StopDaemon(), StopEtcd(), RemoveServices(), RemoveContainers()):
        await task.act(context)


def forget(paths: Paths) -> None:
    """Remove the journal and what held the lock: the last trace, once destroy is over.

    A file system that somebody mounted for our state stays, empty.  Raises SunbeamError for all else.
    """
    refused = {**_remove_all(paths.state), **_remove_all(paths.run)}
    if refused:
        raise SunbeamError(
            "Some of Sunbeam's files could not be removed",
            where=", ".join(str(path) for path in refused),
            why="\n".join(str(error) for error in refused.values()),
            next_command="sunbeam cluster destroy",
            id="folders-not-removed",
        )


def _remove_all(folder: Path) -> dict[Path, OSError]:
    """Remove what can be removed; what cannot, without the folders that stay because of it."""
    refused: dict[Path, OSError] = {}
    below = sorted(folder.rglob("*"), reverse=True)
    for path in below if folder.is_mount() else [*below, folder]:
        try:
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            if not any(path in each.parents for each in refused):
                refused[path] = error
    return refused
