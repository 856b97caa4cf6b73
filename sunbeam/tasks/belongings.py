"""What people have made in a cloud, by name: what goes with it when it is taken back."""

from __future__ import annotations

from sunbeam.cluster.openstack import CLOUD, cloud_entry
from sunbeam.cluster.openstack_api import OpenStackApi, open_api
from sunbeam.cluster.probes import NO_ANSWER, servers
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths

UNNAMED = "every VM, image and project of the cloud; its APIs do not answer, so they cannot be named"
OURS = ("guest",)
"""Images that a change of ours uploads."""


async def belongings(paths: Paths) -> list[str]:
    """VMs and images of all projects; nothing for a cloud whose APIs have never been up."""
    try:
        entry = cloud_entry(paths, CLOUD)
    except SunbeamError:
        return []
    try:
        async with open_api(entry) as api:
            await api.log_in()
            return [*await _servers(api), *await _images(api)]
    except (*NO_ANSWER, KeyError):
        return [UNNAMED]


async def _servers(api: OpenStackApi) -> list[str]:
    found = await servers(api, api.endpoints()["compute"], api.auth_url)
    return [f"VM {server.name} (project {server.project}) with its disk" for server in found]


async def _images(api: OpenStackApi) -> list[str]:
    images = (await api.get(f"{api.endpoints()['image']}/v2/images?limit=1000"))["images"]
    return [f"image {image['name']}" for image in images if image["name"] not in OURS]
