"""What people have made in a cloud, by name: what goes with it when it is taken back."""

from __future__ import annotations

from sunbeam.cluster.openstack import CLOUD, cloud_entry
from sunbeam.cluster.openstack_api import OpenStackApi, open_api
from sunbeam.cluster.probes import NO_ANSWER, servers
from sunbeam.core.errors import SunbeamError
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.status import TaskStatus
from sunbeam.tasks.credentials import FetchCredentials

UNNAMED = "every VM, image and project of the cloud; its APIs do not answer, so they cannot be named"
OURS = ("guest",)
"""Images that a change of ours uploads."""


async def belongings(paths: Paths) -> list[str]:
    """VMs and images of all projects; nothing for a cloud that nobody could log in to yet."""
    try:
        entry = cloud_entry(paths, CLOUD)
    except SunbeamError:
        return [UNNAMED] if _had_credentials(paths) else []
    try:
        async with open_api(entry) as api:
            await api.log_in()
            return [*await _servers(api), *await _images(api)]
    except (*NO_ANSWER, KeyError):
        return [UNNAMED]


def _had_credentials(paths: Paths) -> bool:
    with Journal.reading(paths.journal) as journal:
        changes = journal.changes() if journal is not None else []
    tasks = [task for change in changes for task in change.tasks]
    return any(task.id == FetchCredentials.id and task.status is TaskStatus.DONE for task in tasks)


async def _servers(api: OpenStackApi) -> list[str]:
    found = await servers(api, api.endpoints()["compute"], api.auth_url)
    return [f"VM {server.name} (project {server.project}) with its disk" for server in found]


async def _images(api: OpenStackApi) -> list[str]:
    images = (await api.get(f"{api.endpoints()['image']}/v2/images?limit=1000"))["images"]
    return [f"image {image['name']}" for image in images if image["name"] not in OURS]
