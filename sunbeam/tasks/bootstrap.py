"""The tasks that make a machine a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.engine import Change
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.core.task import Context, Task
from sunbeam.images.builder import ImageBuilder
from sunbeam.tasks.charms import PackCharms
from sunbeam.tasks.credentials import FetchCredentials
from sunbeam.tasks.deployment import ApplyModule, Variables, WaitActive, module
from sunbeam.tasks.images import ExtractGuest, image_builder, image_tasks
from sunbeam.tasks.node import StartServices, WriteSettings
from sunbeam.tasks.packages import FetchEtcd, FetchTerraform, InstallPackages
from sunbeam.tasks.verify import VerifyCloud

CONTROL_PLANE = "openstack"
COMPUTE = "hypervisor"
MACHINES = "machines"


def bootstrap(processes: Processes, paths: Paths, settings: NodeSettings) -> Change:
    """Everything from a bare machine to answering APIs and one hypervisor.

    A new cloud's images are built while its control plane is deployed: a pod waits for its own image only.
    One that people use already keeps running until all new images are there.
    """
    builder = image_builder(processes, paths)
    images = image_tasks(builder, "packages")
    before_deploying = [task.id for task in images] if FetchCredentials.were_written(paths) else []
    tasks: list[Task] = [
        InstallPackages(settings.network, installed=NodeSettings.exists(paths)),
        FetchEtcd(),
        FetchTerraform(),
        WriteSettings(settings),
        PackCharms(),
        StartServices(settings, "packages", "etcd", "settings"),
        *images,
        ExtractGuest(builder),
        ApplyModule(
            CONTROL_PLANE, "Deploy the control plane", _control_plane(builder, settings),
            "services", "terraform", "charms", *before_deploying,
        ),
        ApplyModule(COMPUTE, "Deploy the hypervisor", _compute, f"terraform-{CONTROL_PLANE}"),
        WaitActive(CONTROL_PLANE, "Wait for the control plane", f"terraform-{CONTROL_PLANE}"),
        WaitActive(MACHINES, "Wait for the hypervisor", f"terraform-{COMPUTE}"),
        FetchCredentials(settings, f"active-{CONTROL_PLANE}"),
        VerifyCloud(settings, "credentials", f"active-{MACHINES}"),
    ]  # fmt: skip
    return Change("cluster bootstrap", "Bootstrap the cloud", tasks)


def _control_plane(builder: ImageBuilder, settings: NodeSettings) -> Variables:
    async def variables(context: Context) -> Mapping[str, Any]:
        return {
            "charms": str(context.paths.charms),
            "images": {name: recipe.image for name, recipe in builder.recipes.items()},
            "external_hostname": settings.address,
        }

    return variables


async def _compute(context: Context) -> Mapping[str, Any]:
    async with module(context, CONTROL_PLANE, {}) as control_plane:
        offers = (await control_plane.output())["offers"]
    return {"charms": str(context.paths.charms), "offers": offers}


def start(paths: Paths) -> Change:
    """Bring back what `cluster stop` or a reboot took down, and wait for it."""
    settings = NodeSettings.read(paths)
    tasks: list[Task] = [
        StartServices(settings),
        WaitActive(CONTROL_PLANE, "Wait for the control plane", "services"),
        WaitActive(MACHINES, "Wait for the hypervisor", "services"),
        VerifyCloud(settings, f"active-{CONTROL_PLANE}", f"active-{MACHINES}"),
    ]
    return Change("cluster start", "Start the cloud", tasks)
