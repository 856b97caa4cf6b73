"""A cloud's health as the probes would tell it, without a cloud."""

from __future__ import annotations

from typing import Any

from sunbeam.cluster.health import Health, NodeHealth
from sunbeam.cluster.probes import ApiHealth, CloudHealth, Server
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from sunbeam.juju.status import ModelStatus, parse_status

SERVICES = ("compute", "identity", "image", "network", "placement", "dashboard")
PODS = (
    "certificates", "glance", "horizon", "ingress", "keystone", "mariadb", "memcached", "neutron", "nova",
    "ovn-central", "placement", "rabbitmq",
)  # fmt: skip


def model(name: str, **units: tuple[str, str, str]) -> ModelStatus:
    """Applications with one unit each: workload, agent, message."""
    applications: dict[str, Any] = {
        application: {
            "int": 1,
            "units": {
                f"{application}/0": {
                    "workload-status": {"status": workload, "info": message},
                    "agent-status": {"status": agent},
                    "leader": True,
                    "address": "10.20.30.9",
                }
            },
        }
        for application, (workload, agent, message) in units.items()
    }
    return parse_status({"model": {"name": name}, "applications": applications})


NODE = NodeHealth("edge-7", "192.0.2.7", ("control", "compute"), {"etcd": "running", "sunbeamd": "running"})
APIS = tuple(
    ApiHealth(name, f"https://192.0.2.7/openstack-{name}", 9 + 7 * n) for n, name in enumerate(SERVICES)
)
SERVERS = (
    Server("first", "demo", "ACTIVE", ("192.168.55.4", "172.24.4.9"), "id-1"),
    Server("build-runner", "demo", "BUILD", (), "id-2"),
)
PLANE = model("openstack", **{name: ("active", "idle", "") for name in PODS})
MACHINES = model("machines", hypervisor=("active", "idle", ""))

WELL = Health(NODE, (PLANE, MACHINES), CloudHealth(APIS, SERVERS))


async def well(paths: Paths, settings: NodeSettings) -> Health:
    return WELL
