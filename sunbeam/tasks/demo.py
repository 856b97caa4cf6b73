"""What a person needs to start a first VM: networks, project, user, quota, flavors, image, key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sunbeam.cluster.openstack import (
    CLOUD,
    DEMO,
    add_demo_entry,
    cloud_entry,
    demo_password,
    logs_in,
    remove_demo_entry,
)
from sunbeam.core.engine import Change
from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.manifest.model import Demo, External, Flavor, Manifest
from sunbeam.core.manifest.references import resolve
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context, Task
from sunbeam.tasks.demo_key import KeyPair
from sunbeam.tasks.demo_limits import flavor_problems, range_problems, refuse
from sunbeam.tasks.demo_removal import (
    remove_account,
    remove_external,
    remove_flavors,
    remove_image,
    remove_private,
    remove_rules,
)
from sunbeam.tasks.images import GUEST_FILE
from sunbeam.tasks.machine import CheckMachine
from sunbeam.tasks.manifest import WriteManifest, WriteManifestFile
from sunbeam.tasks.openstack_call import call, report_kept

if TYPE_CHECKING:
    from openstack.connection import Connection

EXTERNAL = "external"
PHYSNET = "physnet1"
IMAGE = "guest"
RULES = (("icmp", None), ("tcp", 22), ("tcp", 80))


def configure(paths: Paths, manifest: Manifest) -> Change:
    """Everything for a first VM, as ``manifest`` has it; what exists and may differ is made like it."""
    demo, external = manifest.demo, manifest.network.external
    tasks: list[Task] = [
        CheckMachine.of_cloud(paths, "configure", "sunbeam configure"),
        WriteManifestFile(manifest, needed=["demo"]),
        WriteManifest(manifest),
        DemoAccount(demo),
        Ensure("external-network", "Make the external network", lambda cloud: _external(cloud, external),
               remove=lambda cloud: remove_external(cloud, EXTERNAL)),
        Ensure("flavors", "Make flavors", lambda cloud: _flavors(cloud, demo.flavors),
               check=lambda cloud: flavor_problems(cloud, demo.flavors),
               remove=lambda cloud: remove_flavors(cloud, demo.flavors)),
        Ensure("image", "Upload the guest image", lambda cloud: _image(cloud, paths),
               remove=lambda cloud: remove_image(cloud, IMAGE)),
        Ensure("private-network", "Make the demo project's network and router",
               lambda cloud: _private(cloud, demo), "demo-account", "external-network", cloud=DEMO,
               check=lambda cloud: range_problems(cloud, demo),
               remove=lambda cloud: remove_private(cloud, demo)),
        Ensure("security-group", "Let ping, SSH and HTTP in", _security_group, "demo-account", cloud=DEMO,
               remove=lambda cloud: remove_rules(cloud, RULES)),
        KeyPair("demo-account"),
    ]  # fmt: skip
    return Change("configure", "Configure the cloud for a first VM", tasks, {"manifest": manifest.dump()})


class Ensure(Task):
    """Objects of OpenStack by name, made unless they exist; the callables run in a thread, rehearsed too.

    ``check`` tells what of them cannot be as wanted; it is not asked before there is a demo user.  ``remove``
    takes them back and says what was kept since somebody uses it.
    """

    rehearsable = True

    def __init__(
        self,
        id: str,
        title: str,
        make: Callable[[Connection], Any],
        *needs: str,
        cloud: str = CLOUD,
        check: Callable[[Connection], list[Problem]] | None = None,
        remove: Callable[[Connection], list[str]],
    ) -> None:
        self.id = id
        self.title = title
        self.needs = needs
        self._make = make
        self._cloud = cloud
        self._check = check
        self._remove = remove

    async def problems(self, context: Context) -> list[Problem]:
        found: list[Problem] = []
        if self._check is not None:
            with suppress(SunbeamError):  # without an answer there is none to judge
                cloud_entry(context.paths, DEMO)
                found = await call(context, self._cloud, self._check)
        return found

    async def act(self, context: Context) -> None:
        await call(context, self._cloud, self._make)

    async def undo(self, context: Context) -> None:
        report_kept(context, await call(context, self._cloud, self._remove))


class DemoAccount(Task):
    """Project and user, its quota, its entry in clouds.yaml."""

    id = "demo-account"
    title = "Make the demo project and user"
    rehearsable = True

    def __init__(self, demo: Demo) -> None:
        self._demo = demo

    async def act(self, context: Context) -> None:
        file = context.paths.etc / "clouds.yaml"
        demo = self._demo
        password = str(resolve(demo.password, context.host.remember_secret))
        password = password or demo_password(context.paths, demo.user)
        context.host.remember_secret(password)
        before = file.read_text("utf-8")
        wanted = add_demo_entry(before, demo.project, demo.user, password)
        known = wanted == before and await asyncio.to_thread(logs_in, context.paths, DEMO)
        context.host.write_file(file, wanted, 0o600)
        await call(context, CLOUD, lambda cloud: _account(cloud, demo, "" if known else password))

    async def undo(self, context: Context) -> None:
        kept = await call(context, CLOUD, lambda cloud: remove_account(cloud, self._demo))
        report_kept(context, kept)
        file = context.paths.etc / "clouds.yaml"
        if not kept and file.exists():
            context.host.write_file(file, remove_demo_entry(file.read_text("utf-8")), 0o600)


def _account(cloud: Connection, demo: Demo, password: str) -> None:
    """``password`` is empty if the user has the right one."""
    identity = cloud.identity
    domain = "default"
    project = identity.find_project(demo.project, domain_id=domain) or identity.create_project(
        name=demo.project, domain_id=domain
    )
    user = identity.find_user(demo.user, domain_id=domain)
    if user is None:
        user = identity.create_user(
            name=demo.user, domain_id=domain, password=password, default_project_id=project.id
        )
    elif password:
        identity.update_user(user, password=password)
    role = identity.find_role("member")
    if not identity.validate_user_has_project_role(project, user, role):
        identity.assign_project_role_to_user(project, user, role)
    wanted, quotas = demo.quota.model_dump(), dict(cloud.compute.get_quota_set(project))
    if any(quotas.get(name) != limit for name, limit in wanted.items()):
        cloud.compute.update_quota_set(project, force=True, **wanted)


def _external(cloud: Connection, external: External) -> None:
    network = cloud.network.find_network(EXTERNAL) or cloud.network.create_network(
        name=EXTERNAL,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=PHYSNET,
    )
    first, last = external.pool
    pools = [{"start": str(first), "end": str(last)}]
    subnet = cloud.network.find_subnet(EXTERNAL, network_id=network.id)
    if subnet is None:
        cloud.network.create_subnet(
            name=EXTERNAL,
            network_id=network.id,
            ip_version=4,
            cidr=str(external.range),
            gateway_ip=str(external.router),
            is_dhcp_enabled=False,
            allocation_pools=pools,
        )
    elif subnet.allocation_pools != pools:
        cloud.network.update_subnet(subnet, allocation_pools=pools)


def _flavors(cloud: Connection, flavors: Mapping[str, Flavor]) -> None:
    refuse(flavor_problems(cloud, flavors))
    existing = {flavor.name for flavor in cloud.compute.flavors()}
    for name, wanted in flavors.items():
        if name not in existing:
            cloud.compute.create_flavor(name=name, **wanted.model_dump())


def _image(cloud: Connection, paths: Paths) -> None:
    image = cloud.image.find_image(IMAGE)
    if image is not None and image.status != "active":  # its upload was cut off
        cloud.image.delete_image(image)
        image = None
    if image is None:
        cloud.create_image(
            IMAGE,
            filename=str(paths.images / GUEST_FILE),
            disk_format="qcow2",
            container_format="bare",
            visibility="public",
            wait=True,
        )


def _private(cloud: Connection, demo: Demo) -> None:
    refuse(range_problems(cloud, demo))
    api = cloud.network
    project = cloud.current_project_id
    servers = [str(server) for server in demo.network.dns]
    network = api.find_network(demo.project, project_id=project) or api.create_network(name=demo.project)
    subnet = api.find_subnet(demo.project, network_id=network.id)
    if subnet is None:
        subnet = api.create_subnet(
            name=demo.project,
            network_id=network.id,
            ip_version=4,
            cidr=str(demo.network.range),
            dns_nameservers=servers,
        )
    elif sorted(subnet.dns_nameservers) != sorted(servers):
        api.update_subnet(subnet, dns_nameservers=servers)
    external = api.find_network(EXTERNAL)
    router = api.find_router(demo.project, project_id=project) or api.create_router(
        name=demo.project, external_gateway_info={"network_id": external.id}
    )
    ports = api.ports(device_id=router.id)
    attached = {address["subnet_id"] for port in ports for address in port.fixed_ips}
    if subnet.id not in attached:
        api.add_interface_to_router(router, subnet_id=subnet.id)


def _security_group(cloud: Connection) -> None:
    project = cloud.current_project_id
    group = cloud.network.find_security_group("default", project_id=project, ignore_missing=False)
    rules = cloud.network.security_group_rules(security_group_id=group.id, direction="ingress")
    existing = {(rule.protocol, rule.port_range_min) for rule in rules}
    for protocol, port in RULES:
        if (protocol, port) not in existing:
            ports = {"port_range_min": port, "port_range_max": port} if port else {}
            cloud.network.create_security_group_rule(
                security_group_id=group.id, direction="ingress", ether_type="IPv4", protocol=protocol, **ports
            )
