"""What of a first project is taken back, and what is kept since somebody uses it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from sunbeam.core.manifest.model import Demo
from sunbeam.tasks.demo_removal import (
    remove_account,
    remove_external,
    remove_flavors,
    remove_image,
    remove_key,
    remove_private,
)


class Object(SimpleNamespace):
    """An object of the SDK: attributes that are also items."""

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)


@dataclass
class Cloud:
    """The little of a connection that removing needs; ``removed`` is what was, in order."""

    servers: list[Object] = field(default_factory=list)
    objects: dict[str, list[Object]] = field(default_factory=dict)
    ports: list[Object] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    current_project_id: str = "p1"

    @property
    def api(self) -> Api:
        return Api(self)

    compute = network = image = identity = api

    def of(self, kind: str) -> list[Object]:
        return self.objects.get(kind, [])


class Api:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def servers(self, **query: Any) -> list[Object]:
        return self._cloud.servers

    def ports(self, network_id: str = "", device_id: str = "") -> list[Object]:
        return [
            port
            for port in self._cloud.ports
            if (network_id and port.network_id == network_id) or (device_id and port.device_id == device_id)
        ]

    def remove_interface_from_router(self, router: Object, subnet_id: str) -> None:
        self._cloud.removed.append(f"interface {subnet_id}")

    def networks(self, project_id: str) -> list[Object]:
        return [each for each in self._cloud.of("network") if each.project_id == project_id]

    def ips(self, project_id: str) -> list[Object]:
        return self._cloud.of("ip")

    def security_groups(self, project_id: str) -> list[Object]:
        return self._cloud.of("security_group")

    def delete_keypair(self, name: str, ignore_missing: bool) -> None:
        self._cloud.removed.append(f"keypair {name}")

    def __getattr__(self, name: str) -> Any:
        verb, _, kind = name.partition("_")
        if verb == "find":
            return lambda wanted, **where: next(
                (each for each in self._cloud.of(kind) if each.name == wanted), None
            )
        if verb == "delete":
            return lambda thing: self._cloud.removed.append(f"{kind} {thing.name}")
        raise AttributeError(name)


def a_cloud(*servers: Object, ports: tuple[Object, ...] = ()) -> Cloud:
    named = {
        kind: [Object(id=f"{kind}-{name}", name=name, project_id="p1")]
        for kind, name in (("network", "demo"), ("router", "demo"), ("flavor", "m1.tiny"), ("image", "guest"),
                           ("user", "demo"), ("security_group", "default"))
    }  # fmt: skip
    named["network"].append(Object(id="network-external", name="external", project_id="admin"))
    named["project"] = [Object(id="p1", name="demo")]
    return Cloud(list(servers), named, list(ports))


def port(network: str, owner: str, device: str = "") -> Object:
    return Object(network_id=network, device_owner=owner, device_id=device, fixed_ips=[{"subnet_id": "s1"}])


VM = Object(flavor={"original_name": "m1.tiny"}, image={"id": "image-guest"}, key_name="demo", name="first")
DEMO = Demo()


def test_what_nobody_uses_is_removed_the_dependent_first() -> None:
    own = (
        port("network-demo", "network:dhcp"),
        port("network-demo", "network:router_interface", "router-demo"),
        port("network-external", "network:distributed"),
    )
    cloud: Any = a_cloud(ports=own)
    assert remove_key(cloud, "demo") == remove_private(cloud, DEMO) == remove_image(cloud, "guest") == []
    assert remove_flavors(cloud, ["m1.tiny", "m1.gone"]) == remove_external(cloud, "external") == []
    assert cloud.removed == [
        "keypair demo",
        "interface s1",
        "router demo",
        "network demo",
        "image guest",
        "flavor m1.tiny",
        "network external",
    ]
    cloud.objects["network"].clear()
    assert remove_account(cloud, DEMO) == []
    assert cloud.removed[-3:] == ["security_group default", "user demo", "project demo"]


def test_what_a_vm_uses_is_kept_and_told() -> None:
    used = (port("network-demo", "compute:nova"), port("network-external", "network:floatingip"))
    cloud: Any = a_cloud(VM, ports=used)
    assert remove_key(cloud, "demo") == ["SSH key demo: VMs were started with it"]
    assert remove_private(cloud, DEMO) == ["network demo: VMs have 1 port on it"]
    assert remove_image(cloud, "guest") == ["image guest: VMs were started from it"]
    assert remove_flavors(cloud, ["m1.tiny"]) == ["flavor m1.tiny: VMs have it"]
    assert remove_external(cloud, "external") == ["network external: 1 address in use"]
    assert remove_account(cloud, DEMO) == ["project demo and user demo: it has 1 VM, 1 network"]
    assert cloud.removed == []


def test_what_is_gone_already_is_no_failure() -> None:
    cloud: Any = Cloud()
    assert remove_private(cloud, DEMO) == remove_account(cloud, DEMO) == remove_image(cloud, "guest") == []
    assert remove_external(cloud, "external") == remove_flavors(cloud, ["m1.tiny"]) == []
    assert cloud.removed == []


@pytest.mark.parametrize("count", [1, 3])
def test_things_are_counted_in_words(count: int) -> None:
    cloud: Any = a_cloud(*[VM] * count)
    cloud.objects["network"].clear()
    (kept,) = remove_account(cloud, DEMO)
    assert kept.endswith("it has 1 VM" if count == 1 else "it has 3 VMs")
