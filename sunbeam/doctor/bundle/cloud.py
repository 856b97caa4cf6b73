"""Collectors of the cloud: operators, Terraform, OpenStack, OVN, containers."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from typing import Any

from sunbeam.cluster.openstack import cloud_entry
from sunbeam.cluster.openstack_api import open_api
from sunbeam.core.file_text import text
from sunbeam.doctor.bundle.node import Files
from sunbeam.doctor.look import FORESEEN, Look, NotRead
from sunbeam.doctor.readings import containers, node, operators
from sunbeam.doctor.readings.backends import HYPERVISOR

LOG_RECORDS = 10_000
OPENSTACK = {
    "servers": ("compute", "/servers/detail?all_tenants=true"),
    "hypervisors": ("compute", "/os-hypervisors/detail"),
    "compute-services": ("compute", "/os-services"),
    "flavors": ("compute", "/flavors/detail"),
    "agents": ("network", "/v2.0/agents"),
    "networks": ("network", "/v2.0/networks"),
    "subnets": ("network", "/v2.0/subnets"),
    "routers": ("network", "/v2.0/routers"),
    "ports": ("network", "/v2.0/ports"),
    "floating-ips": ("network", "/v2.0/floatingips"),
    "images": ("image", "/v2/images"),
    "projects": ("identity", "/projects"),
    "resource-providers": ("placement", "/resource_providers"),
}
"""File -> service type and what is asked of it."""
SHOWN: dict[str, dict[str, tuple[str, ...]]] = {
    HYPERVISOR: {
        "ovs-vsctl.txt": ("ovs-vsctl", "show"),
        "open-vswitch.txt": ("ovs-vsctl", "list", "Open_vSwitch"),
        "flows.txt": ("ovs-ofctl", "--names", "dump-flows", "br-int"),
        "virsh.txt": ("virsh", "list", "--all"),
    },
    "ovn-central/0": {
        "southbound.txt": ("ovn-sbctl", "--no-leader-only", "--timeout=8", "show"),
        "northbound.txt": ("ovn-nbctl", "--no-leader-only", "--timeout=8", "show"),
    },
}
CONFIG = {
    "nova/0": ("etc/nova/nova.conf",),
    "neutron/0": ("etc/neutron/neutron.conf", "etc/neutron/plugins/ml2/ml2_conf.ini"),
    "keystone/0": ("etc/keystone/keystone.conf",),
    "glance/0": ("etc/glance/glance-api.conf",),
    "placement/0": ("etc/placement/placement.conf",),
    "ingress/0": ("etc/haproxy/haproxy.cfg",),
    "mariadb/0": ("etc/mysql/mariadb.conf.d/90-sunbeam.cnf",),
    "rabbitmq/0": ("etc/rabbitmq/rabbitmq.conf",),
    HYPERVISOR: (
        "etc/nova/nova.conf",
        "etc/neutron/neutron_ovn_metadata_agent.ini",
        "etc/libvirt/libvirtd.conf",
    ),
}


async def status(look: Look) -> Files:
    ended = await look.processes.run(
        [sys.executable, "-m", "sunbeam", "cluster", "status", "--format", "json"], check=False, timeout=25
    )
    yield "status.json", ended.stdout or ended.stderr


async def operator_units(look: Look) -> Files:
    units = await look(operators.units)
    shown = [each.model_dump(mode="json", exclude={"charm_state", "seen"}) for each in units]
    yield "units.json", json.dumps(shown, indent=1)
    database = sqlite3.connect(f"file:{look.paths.engine / 'engine-log.db'}?mode=ro", uri=True, timeout=5)
    try:
        rows = database.execute(
            "SELECT timestamp, level, tag, module, message FROM log ORDER BY number DESC LIMIT ?",
            (LOG_RECORDS,),
        ).fetchall()
    finally:
        database.close()
    yield "debug-log.txt", "\n".join(" ".join(row) for row in reversed(rows)) + "\n"


async def juju(look: Look) -> Files:
    from sunbeam.juju.controller import Controller
    from sunbeam.juju.credentials import Credentials

    async with Controller(Credentials.from_juju_data(look.paths.juju_data)) as controller:
        for summary in await controller.models():
            model = await controller.model(summary.uuid)
            raw = await model.read("Client", "FullStatus", {"patterns": [], "include-storage": True})
            yield f"{summary.name}.json", json.dumps(raw, indent=1)


async def terraform(look: Look) -> Files:
    """Addresses and ids, never attributes: those may hold secrets."""
    from sunbeam.terraform.backend import StateBackend
    from sunbeam.terraform.client import StateClient

    locks = await look.known(node.terraform_locks)
    yield "locks.json", json.dumps(locks, indent=1)
    modules = await StateClient(StateBackend.read(look.paths.terraform)).modules()
    for each in modules:
        for name, words in {"resources.json": ("show",), "difference.txt": ("diff",)}.items():
            options = ["--format", "json"] if name.endswith("json") else []
            ended = await look.processes.run(
                [sys.executable, "-m", "sunbeam", "plans", *words, each.module, *options],
                check=False,
                timeout=40,
            )
            yield f"{each.module}-{name}", ended.stdout + ended.stderr


async def openstack(look: Look) -> Files:
    async with open_api(cloud_entry(look.paths)) as api:
        await api.log_in()
        endpoints = api.endpoints()
        yield "endpoints.json", json.dumps(endpoints, indent=1)

        async def ask(service: str, path: str) -> Any:
            try:
                return await api.get(endpoints[service] + path)
            except (*FORESEEN, TimeoutError) as error:
                return {"problem": str(error) or type(error).__name__}

        answers = await asyncio.gather(*(ask(*what) for what in OPENSTACK.values()))
    for name, answer in zip(OPENSTACK, answers, strict=True):
        yield f"{name}.json", json.dumps(answer, indent=1)


async def ovn(look: Look) -> Files:
    for unit, commands in SHOWN.items():
        for name, argv in commands.items():
            try:
                yield name, await containers.inside(look, unit, *argv)
            except (NotRead, TimeoutError) as error:
                yield name, f"{' '.join(argv)} in {unit}: {error or 'no answer in time'}\n"


async def podman(look: Look) -> Files:
    """Environments of containers are left out."""
    listing = await containers.podman_state(look)
    yield "ps.json", json.dumps(listing, indent=1)
    yield "images.txt", await containers.podman(look, "images", "--all")
    yield "version.txt", await containers.podman(look, "version")
    names = [name for each in listing for name in each["Names"]]
    shown = json.loads(await containers.podman(look, "inspect", *names)) if names else []
    for each in shown:
        each.get("Config", {}).pop("Env", None)
        each.get("Config", {}).pop("CreateCommand", None)
    yield "inspect.json", json.dumps(shown, indent=1)


async def service_config(look: Look) -> Files:
    for each in await look(containers.containers):
        for name in CONFIG.get(each.unit, ()) if each.pid else ():
            content = text(look.paths.root / f"proc/{each.pid}/root" / name)
            yield f"{each.unit.replace('/', '-')}/{name.rpartition('/')[2]}", content
