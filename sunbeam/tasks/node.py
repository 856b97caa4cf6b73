"""Making this machine a node: settings, certificates, etcd and sunbeamd."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial

from sunbeam.cluster import refusal
from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.etcd import etcd_argv, etcd_certificate, reason
from sunbeam.cluster.services import DAEMON, ETCD, Service, Services, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight
from sunbeam.core.paths import Paths
from sunbeam.core.shipped import code_digest
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.tasks.belongings import belongings
from sunbeam.tasks.node_preview import foresee_network
from sunbeam.tasks.removal import RemoveContainers, RemoveFolders, take_down

NEEDED_DISK = 128 << 20
"""Bytes: etcd writes its log in files of 64 MiB."""
ENDS = 3
"""A program that ended so often while it was waited for will not come up."""
TOLD_LINES = 5
LOGIN_SECONDS = 30.0

Programs = Callable[[Context, NodeSettings], list[Service]]


class WriteSettings(Task):
    """The node's settings and the cluster's certificate authority."""

    id = "settings"
    title = "Write the node's settings and certificates"
    phase = "Prepare the machine"
    rehearsable = True

    def __init__(self, settings: NodeSettings, *needs: str) -> None:
        self.needs = needs
        self._settings = settings

    async def is_done(self, context: Context) -> bool:
        file = NodeSettings.file(context.paths)
        certificates = ClusterCertificates(context.paths.certificates)
        return (
            file.exists()
            and file.read_text("utf-8") == self._settings.dump()
            and certificates.authority.exists
        )

    async def act(self, context: Context) -> None:
        certificates = ClusterCertificates(context.paths.certificates)
        context.host.act("make certificates in", str(certificates.folder), certificates.ensure_authority)
        context.host.write_file(NodeSettings.file(context.paths), self._settings.dump())

    async def undo(self, context: Context) -> None:
        """Whatever else was made in the meantime lies in the same folders; builds may have mounted some."""
        if Podman(context.host.processes, context.paths).folders.storage.exists():
            await RemoveContainers().act(context)
        await RemoveFolders(keep=[context.paths.logs.name]).act(context)


class StartServices(Task):
    """etcd and sunbeamd, supervised; done when the Juju API answers.

    What was started from other code, by another version, is started again; containers run on meanwhile.
    """

    id = "services"
    title = "Start etcd and sunbeamd"
    phase = "Prepare the machine"
    typical_seconds = 3.0
    rehearsable = True

    def __init__(self, settings: NodeSettings, *needs: str, programs: Programs | None = None) -> None:
        self._settings = settings
        self.needs = needs
        self._programs = programs or node_services

    async def is_done(self, context: Context) -> bool:
        services = services_of(context.paths)
        for service in self._programs(context, self._settings):
            if not (services.running(service.name) and services.installed(service)):
                return False
        return (await _api_answers(context)).done

    async def act(self, context: Context) -> None:
        services = services_of(context.paths)
        if not context.host.dry_run:
            refusal.forget(context.paths)
            etcd_certificate(context.paths)
        for service in self._programs(context, self._settings):
            await _bring_up(context, services, service)
        if not context.host.dry_run:
            before = {name: services.restarts(name) for name in (ETCD, DAEMON)}
            await context.wait_for(
                lambda: _api_comes(context, services, before),
                pause_seconds=0.1,
                next_command=services.log_command(ETCD, DAEMON),
            )

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return await foresee_network(context, self._settings)

    async def loses(self, context: Context) -> list[str]:
        return await belongings(context.paths)

    async def foresee_undo(self, context: Context) -> Foresight:
        return await RemoveContainers().foresee(context, {})

    async def undo(self, context: Context) -> None:
        await take_down(context)


async def _bring_up(context: Context, services: Services, service: Service) -> None:
    """Leave a program alone that runs as it should."""
    act, name = context.host.act_in_thread, service.name
    running, installed = services.running(name), services.installed(service)
    if running and not installed:
        await act("stop service", name, partial(services.stop, name))
    if not installed:
        await act("install service", name, partial(services.install, service))
    if not (running and installed):
        await act("start service", name, partial(services.start, name))


def node_services(context: Context, settings: NodeSettings) -> list[Service]:
    """The services of a node, in the order of their start."""
    return [
        Service(ETCD, "Sunbeam's cluster store", etcd_argv(context.paths, settings)),
        Service(
            DAEMON,
            "Sunbeam's operator engine",
            [sys.executable, "-m", "sunbeam.cluster.daemon", context.paths.root],
            {"PYTHONUNBUFFERED": "1", "SUNBEAM_CODE": code_digest()},
            after=(ETCD,),
            stop_seconds=30,
        ),
    ]


async def _api_comes(context: Context, services: Services, before: Mapping[str, int]) -> Look:
    """The Juju API's answer, while its programs stay up for longer than it takes to fail."""
    answer = await _api_answers(context)
    if answer.done or answer.failed is not None:
        return answer
    for name, count in before.items():
        if await asyncio.to_thread(services.restarts, name) - count >= ENDS:
            refused = refusal.read(context.paths) if name == DAEMON else None
            ends = refused or await asyncio.to_thread(_ends_again_and_again, context.paths, services, name)
            return Look(missing=name, failed=ends)
    return answer


def _ends_again_and_again(paths: Paths, services: Services, name: str) -> SunbeamError:
    words = services.last_words(name)
    if name == ETCD:
        where = paths.state / "etcd"
        why = f"{reason(words)}\nif its data is damaged, put back {where} of a backup"
        return SunbeamError(
            "etcd ends again and again",
            where=str(where),
            why=why,
            next_command=services.log_command(ETCD),
            id="etcd-ends",
        )
    return SunbeamError(
        f"{name} ends again and again",
        why="\n".join(words.splitlines()[-TOLD_LINES:]),
        next_command=services.log_command(name),
        id="sunbeamd-ends",
    )


async def _api_answers(context: Context) -> Look:
    """Whether the Juju API lets us in; a daemon that refuses to start has failed."""
    refused = refusal.read(context.paths)
    if refused is not None:
        return Look(missing="sunbeamd", failed=refused)
    answer = await _log_in(context)
    free = shutil.disk_usage(context.paths.state).free
    if not answer.done and free < NEEDED_DISK:
        full = SunbeamError(
            "The disk is full",
            where=str(context.paths.state),
            why=f"etcd and sunbeamd need {NEEDED_DISK >> 20} MiB, {free >> 20} MiB are free",
            next_command=f"df -h {context.paths.state}",
            id="disk-full",
        )
        return Look(missing="sunbeamd", failed=full)
    return answer


async def _listens(endpoint: str) -> None:
    """Raises OSError at once where a client would try again for a while."""
    host, _, port = endpoint.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()


async def _log_in(context: Context) -> Look:
    try:
        credentials = Credentials.from_juju_data(context.paths.juju_data)
        async with asyncio.timeout(LOGIN_SECONDS):
            await _listens(credentials.endpoints[0])
            async with Controller(credentials) as controller:
                await controller.models()
    except (SunbeamError, OSError, TimeoutError) as error:
        return Look(missing=f"sunbeamd: the Juju API does not answer yet ({error})".partition("\n")[0])
    return Look(done=True)
