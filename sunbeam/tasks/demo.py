"""What a person needs to start a first VM: networks, project, user, quota, flavors, image, key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sunbeam.cluster.openstack import DEMO, add_demo_entry, connect, demo_password
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.engine import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context, Task
from sunbeam.tasks.images import GUEST_FILE

if TYPE_CHECKING:
    from openstack.connection import Connection

EXTERNAL = "external"
PHYSNET = "physnet1"
IMAGE = "guest"
KEY = "demo"
PRIVATE_RANGE = "192.168.55.0/24"
FLAVORS = {"m1.tiny": (192, 1, 1), "m1.small": (1024, 1, 10), "m1.medium": (2048, 2, 20)}
"""RAM in MiB, virtual CPUs, root disk in GiB."""
QUOTA = {"instances": 20, "cores": 40, "ram": 65536}


def configure(paths: Paths) -> Change:
    """Everything for a first VM; what exists is left as it is."""
    settings = NodeSettings.read(paths)
    tasks: list[Task] = [
        DemoAccount(),
        Ensure("external-network", "Make the external network", lambda cloud: _external(cloud, settings)),
        Ensure("flavors", "Make flavors", _flavors),
        Ensure("image", "Upload the guest image", lambda cloud: _image(cloud, paths)),
        Ensure("private-network", "Make the demo project's network and router", _private, "demo-account",
               "external-network", cloud=DEMO),
        Ensure("security-group", "Let ping, SSH and HTTP in", _security_group, "demo-account", cloud=DEMO),
        KeyPair("demo-account"),
    ]  # fmt: skip
    return Change("configure", "Configure the cloud for a first VM", tasks)


class Ensure(Task):
    """Objects of OpenStack by name, made unless they exist; ``make`` runs in a thread."""

    def __init__(
        self, id: str, title: str, make: Callable[[Connection], Any], *needs: str, cloud: str = "sunbeam"
    ) -> None:
        self.id = id
        self.title = title
        self.needs = needs
        self._make = make
        self._cloud = cloud

    async def act(self, context: Context) -> None:
        if not context.host.dry_run:
            await call(context.paths, self._cloud, self._make)


async def call(paths: Paths, cloud: str, make: Callable[[Connection], Any]) -> Any:
    """``make`` with a connection, in a thread.  Raises SunbeamError for what the API refuses."""

    def work() -> Any:
        connection = connect(paths, cloud)
        from openstack.exceptions import SDKException

        try:
            return make(connection)
        except SDKException as error:
            raise SunbeamError(
                "An OpenStack API refused a request",
                where=str(getattr(error, "url", "") or "OpenStack"),
                why=str(error),
                next_command="sunbeam cluster status",
            ) from error
        finally:
            connection.close()

    return await asyncio.to_thread(work)


class DemoAccount(Task):
    """Project and user ``demo``, its quota, its entry in clouds.yaml."""

    id = "demo-account"
    title = "Make the demo project and user"

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        file = context.paths.etc / "clouds.yaml"
        password = demo_password(context.paths)
        context.host.write_file(file, add_demo_entry(file.read_text(), password), 0o600)
        await call(context.paths, "sunbeam", lambda cloud: _account(cloud, password))


def _account(cloud: Connection, password: str) -> None:
    identity = cloud.identity
    domain = "default"
    project = identity.find_project(DEMO, domain_id=domain) or identity.create_project(
        name=DEMO, domain_id=domain
    )
    user = identity.find_user(DEMO, domain_id=domain)
    if user is None:
        user = identity.create_user(
            name=DEMO, domain_id=domain, password=password, default_project_id=project.id
        )
    else:
        identity.update_user(user, password=password)
    identity.assign_project_role_to_user(project, user, identity.find_role("member"))
    cloud.set_compute_quotas(project.id, **QUOTA)


def _external(cloud: Connection, settings: NodeSettings) -> None:
    network = cloud.network.find_network(EXTERNAL) or cloud.network.create_network(
        name=EXTERNAL,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=PHYSNET,
    )
    if cloud.network.find_subnet(EXTERNAL, network_id=network.id) is None:
        addresses = settings.network.external
        cloud.network.create_subnet(
            name=EXTERNAL,
            network_id=network.id,
            ip_version=4,
            cidr=str(addresses),
            gateway_ip=str(addresses[1]),
            is_dhcp_enabled=False,
            allocation_pools=[{"start": str(addresses[16]), "end": str(addresses[-2])}],
        )


def _flavors(cloud: Connection) -> None:
    existing = {flavor.name for flavor in cloud.compute.flavors()}
    for name, (ram, vcpus, disk) in FLAVORS.items():
        if name not in existing:
            cloud.compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=disk)


def _image(cloud: Connection, paths: Paths) -> None:
    if cloud.image.find_image(IMAGE) is None:
        cloud.create_image(
            IMAGE,
            filename=str(paths.images / GUEST_FILE),
            disk_format="qcow2",
            container_format="bare",
            visibility="public",
            wait=True,
        )


def _private(cloud: Connection) -> None:
    api = cloud.network
    project = cloud.current_project_id
    network = api.find_network(DEMO, project_id=project) or api.create_network(name=DEMO)
    subnet = api.find_subnet(DEMO, network_id=network.id) or api.create_subnet(
        name=DEMO, network_id=network.id, ip_version=4, cidr=PRIVATE_RANGE
    )
    external = api.find_network(EXTERNAL)
    router = api.find_router(DEMO, project_id=project) or api.create_router(
        name=DEMO, external_gateway_info={"network_id": external.id}
    )
    ports = api.ports(device_id=router.id)
    attached = {address["subnet_id"] for port in ports for address in port.fixed_ips}
    if subnet.id not in attached:
        api.add_interface_to_router(router, subnet_id=subnet.id)


def _security_group(cloud: Connection) -> None:
    group = cloud.network.find_security_group("default", project_id=cloud.current_project_id)
    wanted = [("icmp", None), ("tcp", 22), ("tcp", 80)]
    rules = cloud.network.security_group_rules(security_group_id=group.id, direction="ingress")
    existing = {(rule.protocol, rule.port_range_min) for rule in rules}
    for protocol, port in wanted:
        if (protocol, port) not in existing:
            ports = {"port_range_min": port, "port_range_max": port} if port else {}
            cloud.network.create_security_group_rule(
                security_group_id=group.id, direction="ingress", ether_type="IPv4", protocol=protocol, **ports
            )


class KeyPair(Task):
    """An SSH key for VMs; the private half is in ``/etc/sunbeam/demo.key`` (0600)."""

    id = "key-pair"
    title = "Make an SSH key"

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    async def act(self, context: Context) -> None:
        file = context.paths.etc / "demo.key"
        if not file.exists():
            context.host.write_file(file, _new_private_key(), 0o600)
        if not context.host.dry_run:
            public = _public_half(file.read_bytes())
            await call(context.paths, DEMO, lambda cloud: _upload_key(cloud, public))


def _new_private_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        .decode()
    )


def _public_half(private: bytes) -> str:
    key = serialization.load_ssh_private_key(private, None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )


def _upload_key(cloud: Connection, public: str) -> None:
    existing = cloud.compute.find_keypair(KEY)
    if existing is not None and existing.public_key.strip() != public:
        cloud.compute.delete_keypair(existing)
        existing = None
    if existing is None:
        cloud.compute.create_keypair(name=KEY, public_key=public)
