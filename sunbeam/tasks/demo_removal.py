"""Taking back what a first VM needs: each object unless somebody uses it; what is kept is told with why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sunbeam.core.manifest.model import Demo

if TYPE_CHECKING:
    from openstack.connection import Connection

DOMAIN = "default"


def remove_external(cloud: Connection, name: str) -> list[str]:
    network = cloud.network.find_network(name)
    if network is None:
        return []
    ports = [port for port in cloud.network.ports(network_id=network.id) if _is_somebodys(port)]
    if ports:
        return [f"network {name}: {_count(ports, 'address', 'addresses')} in use"]
    cloud.network.delete_network(network)
    return []


def remove_flavors(cloud: Connection, names: Iterable[str]) -> list[str]:
    kept = []
    used = {server.flavor["original_name"] for server in cloud.compute.servers(all_projects=True)}
    for name in names:
        flavor = cloud.compute.find_flavor(name)
        if flavor is not None and name in used:
            kept.append(f"flavor {name}: VMs have it")
        elif flavor is not None:
            cloud.compute.delete_flavor(flavor)
    return kept


def remove_image(cloud: Connection, name: str) -> list[str]:
    image = cloud.image.find_image(name)
    if image is None:
        return []
    if any((server.image or {}).get("id") == image.id for server in cloud.compute.servers(all_projects=True)):
        return [f"image {name}: VMs were started from it"]
    cloud.image.delete_image(image)
    return []


def remove_private(cloud: Connection, demo: Demo) -> list[str]:
    """The network and router of the demo project, as its user."""
    api, project = cloud.network, cloud.current_project_id
    network = api.find_network(demo.project, project_id=project)
    ports = [port for port in api.ports(network_id=network.id) if _is_somebodys(port)] if network else []
    if ports:
        return [f"network {demo.project}: VMs have {_count(ports, 'port', 'ports')} on it"]
    router = api.find_router(demo.project, project_id=project)
    if router is not None:
        for port in api.ports(device_id=router.id):
            for address in port.fixed_ips:
                api.remove_interface_from_router(router, subnet_id=address["subnet_id"])
        api.delete_router(router)
    if network is not None:
        api.delete_network(network)
    return []


def remove_rules(cloud: Connection, wanted: Iterable[tuple[str, int | None]]) -> list[str]:
    """The rules of the demo project's default group, as its user."""
    if any(True for _ in cloud.compute.servers()):
        return ["rules of the security group: VMs are reached by them"]
    group = cloud.network.find_security_group("default", project_id=cloud.current_project_id)
    ours = set(wanted)
    for rule in cloud.network.security_group_rules(security_group_id=group.id, direction="ingress"):
        if (rule.protocol, rule.port_range_min) in ours and not rule.remote_group_id:
            cloud.network.delete_security_group_rule(rule)
    return []


def remove_key(cloud: Connection, name: str) -> list[str]:
    if any(server.key_name == name for server in cloud.compute.servers()):
        return [f"SSH key {name}: VMs were started with it"]
    cloud.compute.delete_keypair(name, ignore_missing=True)
    return []


def remove_account(cloud: Connection, demo: Demo) -> list[str]:
    """Project and user, as the administrator."""
    identity = cloud.identity
    project = identity.find_project(demo.project, domain_id=DOMAIN)
    if project is not None:
        if used := _things_of(cloud, project.id):
            return [f"project {demo.project} and user {demo.user}: it has {used}"]
        for group in cloud.network.security_groups(project_id=project.id):
            if group.name != "default":
                return [f"project {demo.project} and user {demo.user}: it has security group {group.name}"]
        for group in cloud.network.security_groups(project_id=project.id):
            cloud.network.delete_security_group(group)
    user = identity.find_user(demo.user, domain_id=DOMAIN)
    if user is not None:
        identity.delete_user(user)
    if project is not None:
        identity.delete_project(project)
    return []


def _things_of(cloud: Connection, project: str) -> str:
    servers = list(cloud.compute.servers(all_projects=True, project_id=project))
    networks = list(cloud.network.networks(project_id=project))
    addresses = list(cloud.network.ips(project_id=project))
    counted = [
        _count(things, name, f"{name}{'es' if name.endswith('s') else 's'}")
        for things, name in ((servers, "VM"), (networks, "network"), (addresses, "floating address"))
        if things
    ]
    return ", ".join(counted)


def _is_somebodys(port: Mapping[str, Any]) -> bool:
    """Ports of DHCP, metadata and routers within come and go with the network."""
    owner = str(port["device_owner"] or "")
    return not owner.startswith(("network:dhcp", "network:distributed", "network:router_interface"))


def _count(things: list[Any], one: str, many: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things)} {many}"
