"""Making this machine a node: settings, certificates, etcd and sunbeamd."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.etcd import etcd_argv
from sunbeam.cluster.services import Service, Services, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look, wait_for
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials

ETCD = "etcd"
DAEMON = "sunbeamd"


class WriteSettings(Task):
    """The node's settings and the cluster's certificate authority."""

    id = "settings"
    title = "Write the node's settings and certificates"

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings

    async def is_done(self, context: Context) -> bool:
        file = NodeSettings.file(context.paths)
        certificates = ClusterCertificates(context.paths.certificates)
        return file.exists() and file.read_text() == self._settings.dump() and certificates.authority.exists

    async def act(self, context: Context) -> None:
        certificates = ClusterCertificates(context.paths.certificates)
        context.host.make_folder(context.paths.state)
        context.host.make_folder(context.paths.run)
        context.host.act("make certificates in", str(certificates.folder), certificates.ensure_authority)
        context.host.write_file(NodeSettings.file(context.paths), self._settings.dump())


class StartServices(Task):
    """etcd and sunbeamd, supervised; done when the Juju API answers."""

    id = "services"
    title = "Start etcd and sunbeamd"

    def __init__(self, settings: NodeSettings, *needs: str) -> None:
        self._settings = settings
        self.needs = needs

    async def is_done(self, context: Context) -> bool:
        services = services_of(context.paths)
        if not (services.running(ETCD) and services.running(DAEMON)):
            return False
        return (await _api_answers(context)).done

    async def act(self, context: Context) -> None:
        services = services_of(context.paths)
        for service in node_services(context, self._settings):
            context.host.act("install service", service.name, partial(services.install, service))
            context.host.act("start service", service.name, partial(services.start, service.name))
        if not context.host.dry_run:
            await wait_for(
                lambda: _api_answers(context, services),
                context.clock,
                context.report,
                quiet_seconds=60,
                pause_seconds=0.1,
                next_command=f"tail {context.paths.logs / DAEMON}.log",
            )


def node_services(context: Context, settings: NodeSettings) -> list[Service]:
    """The services of a node, in the order of their start."""
    return [
        Service(ETCD, "Sunbeam's cluster store", etcd_argv(context.paths, settings.name)),
        Service(
            DAEMON,
            "Sunbeam's operator engine",
            [sys.executable, "-m", "sunbeam.cluster.daemon", context.paths.root],
            {"PYTHONUNBUFFERED": "1"},
            after=(ETCD,),
            stop_seconds=30,
        ),
    ]


async def _api_answers(context: Context, services: Services | None = None) -> Look:
    """Whether the Juju API lets us in; a daemon that is not even supervised has failed."""
    if services is not None and not services.running(DAEMON):
        failed = SunbeamError(
            "sunbeamd does not run",
            where=str(context.paths.logs / f"{DAEMON}.log"),
            next_command="sunbeam cluster start",
        )
        return Look(missing="sunbeamd", failed=failed)
    try:
        async with (
            asyncio.timeout(5),
            Controller(Credentials.from_juju_data(context.paths.juju_data)) as controller,
        ):
            await controller.models()
    except (SunbeamError, OSError, TimeoutError) as error:
        return Look(missing=f"sunbeamd: the Juju API does not answer yet ({error})".partition("\n")[0])
    return Look(done=True)
