"""The tasks that make a machine a cloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sunbeam.checks.before import BEFORE, FIRST_BOOTSTRAP
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.answers import settings_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.engine import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.core.task import Context, Task
from sunbeam.tasks.charms import PackCharms
from sunbeam.tasks.control_plane import charm_config, control_plane
from sunbeam.tasks.credentials import FetchCredentials
from sunbeam.tasks.deployment import ApplyModule, ForeseenVariables, Variables, WaitActive, module
from sunbeam.tasks.images import ExtractGuest, RemoveReplaced, image_builder, image_tasks
from sunbeam.tasks.machine import CheckMachine
from sunbeam.tasks.manifest import WriteManifest, WriteManifestFile
from sunbeam.tasks.node import StartServices, WriteSettings
from sunbeam.tasks.packages import FetchEtcd, FetchTerraform, InstallPackages
from sunbeam.tasks.proxy import WriteProxy
from sunbeam.tasks.pull import pull_tasks
from sunbeam.tasks.verify import VerifyCloud

CONTROL_PLANE = "openstack"
COMPUTE = "hypervisor"
MACHINES = "machines"
OFFER = re.compile(r'juju_offer\.this\["(?P<name>[^"]+)"\]')


def bootstrap(processes: Processes, paths: Paths, manifest: Manifest) -> Change:
    """Everything from a bare machine to answering APIs and one hypervisor; a cloud follows its manifest.

    A new cloud's images are built while its control plane is deployed: a pod waits for its own image only.
    One that people use already keeps running until all new images are there.
    """
    settings = settings_of(paths, manifest)
    wanted = Wanted.of(manifest, settings, installed=NodeSettings.exists(paths))
    builder = image_builder(processes, paths, manifest.software.images)
    images = [*pull_tasks(builder, "packages"), *image_tasks(builder, "packages")]
    before_deploying = [task.id for task in images] if FetchCredentials.were_written(paths) else []
    control = WaitActive(
        CONTROL_PLANE, "Wait for the control plane", f"terraform-{CONTROL_PLANE}",
        awaits=tuple(task.id for task in images), busy=lambda: builder.is_building,
    )  # fmt: skip
    tasks: list[Task] = [
        CheckMachine(wanted, BEFORE["cluster bootstrap" if wanted.installed else FIRST_BOOTSTRAP].checks),
        WriteProxy(manifest.proxy.model_dump(), settings),
        InstallPackages("proxy"),
        FetchEtcd("packages"),
        FetchTerraform("proxy"),
        WriteManifestFile(manifest, needed=["software"]),
        WriteSettings(settings, "manifest-file"),
        PackCharms(),
        StartServices(settings, "packages", "etcd", "settings"),
        WriteManifest(manifest, "services"),
        *images,
        ExtractGuest(builder),
        ApplyModule(
            CONTROL_PLANE, "Deploy the control plane", control_plane(builder, manifest, settings.address),
            "services", "terraform", "charms", *before_deploying,
        ),
        control,
        FetchCredentials(settings, f"active-{CONTROL_PLANE}"),
        *_hypervisor(manifest, settings, lambda: builder.is_building or control.is_waiting),
        VerifyCloud(settings, "credentials", *_active(settings)),
        RemoveReplaced(builder, "verify"),
    ]  # fmt: skip
    intent = {"manifest": manifest.dump()}
    return Change("cluster bootstrap", "Bootstrap the cloud", tasks, intent, node=settings.name)


def _hypervisor(manifest: Manifest, settings: NodeSettings, busy: Callable[[], bool]) -> list[Task]:
    if "compute" not in settings.roles:
        return []
    return [
        ApplyModule(
            COMPUTE, "Deploy the hypervisor", compute(manifest), f"terraform-{CONTROL_PLANE}",
            foreseen=foreseen_compute(manifest),
        ),
        _wait_hypervisor(
            f"terraform-{COMPUTE}", awaits=("image-hypervisor", f"active-{CONTROL_PLANE}"), busy=busy
        ),
    ]  # fmt: skip


def _wait_hypervisor(
    *needs: str, awaits: tuple[str, ...] = (), busy: Callable[[], bool] = lambda: False
) -> WaitActive:
    return WaitActive(MACHINES, "Wait for the hypervisor", *needs, awaits=awaits, busy=busy)


def _active(settings: NodeSettings) -> list[str]:
    models = [CONTROL_PLANE, *([MACHINES] if "compute" in settings.roles else [])]
    return [f"active-{model}" for model in models]


def compute(manifest: Manifest) -> Variables:
    """The variables of the module of hypervisors, with references."""

    async def variables(context: Context) -> Mapping[str, Any]:
        return _compute_variables(context, manifest, await _offers(context))

    return variables


def foreseen_compute(manifest: Manifest) -> ForeseenVariables:
    """The same before the control plane, whose offers they name, is deployed."""

    async def variables(context: Context, before: Mapping[str, Foresight]) -> Mapping[str, Any]:
        offers: dict[str, str] = {}
        with suppress(SunbeamError, OSError):
            offers = await _offers(context)
        for resource in before[f"terraform-{CONTROL_PLANE}"].resources:
            if named := OFFER.fullmatch(resource.address):
                offers.setdefault(named["name"], f"admin/{CONTROL_PLANE}.{named['name']}")
        return _compute_variables(context, manifest, offers)

    return variables


async def _offers(context: Context) -> dict[str, str]:
    async with module(context, CONTROL_PLANE, {}) as control_plane:
        return dict((await control_plane.output())["offers"])


def _compute_variables(context: Context, manifest: Manifest, offers: Mapping[str, str]) -> dict[str, Any]:
    config = charm_config(manifest).get(COMPUTE, {})
    return {"charms": str(context.paths.charms), "offers": dict(offers), "config": config}


def start(paths: Paths) -> Change:
    """Bring back what `cluster stop` or a reboot took down, and wait for it."""
    settings = NodeSettings.read(paths)
    control = WaitActive(CONTROL_PLANE, "Wait for the control plane", "services")
    tasks: list[Task] = [
        CheckMachine(Wanted.of_node(settings, "sunbeam cluster start"), BEFORE["cluster start"].checks),
        StartServices(settings),
        control,
        *(
            [_wait_hypervisor("services", busy=lambda: control.is_waiting)]
            if "compute" in settings.roles
            else []
        ),
        VerifyCloud(settings, *_active(settings)),
    ]
    return Change("cluster start", "Start the cloud", tasks)
