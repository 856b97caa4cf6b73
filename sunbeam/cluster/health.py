"""What is known of a cloud now, whether it is up, half up or stopped, and what is not well with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sunbeam.cluster.openstack import cloud_entry
from sunbeam.cluster.probes import ApiHealth, CloudHealth, probe_cloud
from sunbeam.cluster.services import DAEMON, ETCD, Services, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.journal import Journal
from sunbeam.core.lock import holder
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus
from sunbeam.juju.status import ModelStatus
from sunbeam.juju.watch import why

ANSWER_SECONDS = 8.0
RESUMABLE = {"cluster bootstrap", "cluster start", "cluster stop", "cluster destroy"}


@dataclass(frozen=True)
class NodeHealth:
    """``services`` maps a program to ``running``, ``stopped``, or why it does not answer."""

    name: str
    address: str
    roles: tuple[str, ...]
    services: dict[str, str]


@dataclass(frozen=True)
class Health:
    """``models`` is None where Juju does not answer, ``cloud`` where there are no credentials.

    ``change`` is the command that changes this node now; ``unfinished`` the one that continues what
    was cut off or failed.
    """

    node: NodeHealth
    models: tuple[ModelStatus, ...] | None
    cloud: CloudHealth | None
    change: str = ""
    unfinished: str = ""

    def problems(self) -> list[Problem]:
        """What is not well, causes before what follows from them; empty if all is well.

        A change that is under way explains problems, and is none.
        """
        found = [
            *_unfinished_change(self),
            *_service_problems(self),
            *_unit_problems(self.models or ()),
            *_api_problems(self),
        ]
        under_way = Problem(
            f"This node is being changed now: {self.change}",
            next_command="sunbeam changes",
            id="change-running",
        )
        return [under_way, *found] if self.change and found else found


async def examine(paths: Paths, settings: NodeSettings) -> Health:
    """Ask everything at once; takes seconds at most, and changes nothing."""
    services = services_of(paths)
    node, models, cloud = await asyncio.gather(
        _node(paths, settings, services), _models(paths, services), _cloud(paths, settings)
    )
    held = holder(paths.change_lock)
    unfinished = "" if held else _unfinished(paths)
    return Health(node, models, cloud, held.command if held else "", unfinished)


async def _node(paths: Paths, settings: NodeSettings, services: Services) -> NodeHealth:
    etcd = "running" if services.running(ETCD) else "stopped"
    roles: tuple[str, ...] = ()
    if etcd == "running":
        try:
            roles = await _roles(paths, settings)
        except Exception as error:  # the client raises whatever requests does, and its own
            etcd = f"does not answer: {error}".partition("\n")[0]
    daemon = "running" if services.running(DAEMON) else "stopped"
    return NodeHealth(settings.name, settings.address, roles, {ETCD: etcd, DAEMON: daemon})


async def _roles(paths: Paths, settings: NodeSettings) -> tuple[str, ...]:
    from sunbeam.cluster.etcd import etcd_store

    async with asyncio.timeout(ANSWER_SECONDS):
        document = await etcd_store(paths, settings).get(f"nodes/{settings.name}")
    return tuple(json.loads(document)["roles"]) if document else ()


async def _models(paths: Paths, services: Services) -> tuple[ModelStatus, ...] | None:
    """Those with applications."""
    from sunbeam.juju.controller import Controller
    from sunbeam.juju.credentials import Credentials
    from sunbeam.juju.status import full_status

    if not services.running(DAEMON):
        return None
    try:
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            Controller(Credentials.from_juju_data(paths.juju_data)) as controller,
        ):
            models = [await controller.model(summary.uuid) for summary in await controller.models()]
            statuses = await asyncio.gather(*map(full_status, models))
    except (SunbeamError, OSError, TimeoutError):
        return None
    return tuple(status for status in statuses if status.applications)


async def _cloud(paths: Paths, settings: NodeSettings) -> CloudHealth | None:
    try:
        return await probe_cloud(cloud_entry(paths), settings.dashboard_url)
    except (SunbeamError, OSError):
        return None


def _unfinished(paths: Paths) -> str:
    """What continues the newest change of the cluster, unless it came to its end."""
    with Journal.reading(paths.journal) as journal:
        changes = journal.changes() if journal else []
    newest = next((change for change in changes if change.kind in RESUMABLE), None)
    if newest is None or newest.status in (ChangeStatus.DONE, ChangeStatus.UNDONE):
        return ""
    return f"sunbeam resume {newest.id}" if newest.undoing else f"sunbeam {newest.kind}"


def _unfinished_change(health: Health) -> Iterator[Problem]:
    if health.unfinished:
        yield Problem(
            f"A change is unfinished: {health.unfinished}",
            next_command=health.unfinished,
            id="change-unfinished",
        )


def _service_problems(health: Health) -> Iterator[Problem]:
    again = health.unfinished or "sunbeam cluster start"
    for name, state in health.node.services.items():
        if state != "running":
            yield Problem(f"{name}: {state}", next_command=again, id="program-not-running")
    if health.node.services[DAEMON] == "running" and health.models is None:
        yield Problem(f"{DAEMON}: the Juju API does not answer", next_command=again, id="sunbeamd-silent")
    if health.models == ():
        yield Problem(
            "No application is deployed", next_command="sunbeam cluster bootstrap", id="nothing-deployed"
        )


def _unit_problems(models: Sequence[ModelStatus]) -> Iterator[Problem]:
    """A unit that runs a hook is well: operators look after their workloads every few minutes."""
    for status in models:
        for application in status.applications.values():
            if len(application.units) < application.scale and not application.subordinate_to:
                count = f"{len(application.units)} of {application.scale} units"
                yield Problem(
                    f"{application.name}: {count}", next_command="sunbeam juju status", id="units-missing"
                )
        for unit in status.units():
            if unit.workload.current != "active" or unit.agent.current not in ("idle", "executing"):
                yield Problem(
                    f"{unit.name}: {why(unit)}",
                    next_command=f"sunbeam debug log --unit {unit.name}",
                    id="unit-not-well",
                )


def _api_problems(health: Health) -> Iterator[Problem]:
    if health.cloud is None:
        yield Problem(
            "No API was asked: there are no credentials that can be read",
            next_command=health.unfinished or "sunbeam cluster bootstrap",
            id="credentials-missing",
        )
        return
    for api in health.cloud.apis:
        if api.problem:
            yield Problem(
                f"{api.service}: {api.problem}", where=api.url, next_command=_look_at(api), id="api-fails"
            )


def _look_at(api: ApiHealth) -> str:
    """The public URL ends in ``MODEL-APPLICATION`` before the API's own path."""
    application = api.url.split("/")[3].partition("-")[2] if api.url.count("/") > 2 else ""
    return f"sunbeam debug log --unit {application}" if application else "sunbeam juju status"
