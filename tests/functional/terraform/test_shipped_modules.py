"""The modules in terraform/ with stand-ins for the charms: same metadata, nothing behind it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from sunbeam.juju.status import full_status
from sunbeam.terraform.module import Module
from tests.functional.terraform.terraform_harness import Cloud

ROOT = Path(__file__).parents[3]
IMAGES = {
    *("mariadb", "rabbitmq", "memcached", "haproxy", "keystone", "glance", "placement", "nova", "neutron"),
    *("ovn", "horizon"),
}
CHARM = """
import ops

class Charm(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        framework.observe(self.on.start, self._start)

    def _start(self, event):
        self.unit.status = ops.ActiveStatus()

if __name__ == "__main__":
    ops.main(Charm)
"""
DISPATCH = "#!/bin/sh\nPYTHONPATH=lib:venv exec python3 src/charm.py\n"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    folder = tmp_path / "packed"
    folder.mkdir()
    for project in sorted((ROOT / "charms").glob("*/charmcraft.yaml")):
        document = yaml.safe_load(project.read_text())
        with zipfile.ZipFile(folder / f"{document['name']}.charm", "w") as archive:
            archive.writestr("metadata.yaml", json.dumps(document))
            archive.writestr("config.yaml", json.dumps(document.get("config") or {}))
            archive.writestr("actions.yaml", json.dumps(document.get("actions") or {}))
            archive.writestr("src/charm.py", CHARM)
            dispatch = zipfile.ZipInfo("dispatch")
            dispatch.external_attr = 0o755 << 16
            archive.writestr(dispatch, DISPATCH)
    return folder


def shipped(module: Module, **variables: Any) -> Module:
    module.source = ROOT / "terraform"
    module.variables = variables
    return module


async def test_the_control_plane_and_a_hypervisor(cloud: Cloud, packed: Path) -> None:
    images = {name: f"localhost/sunbeam/{name}:1" for name in IMAGES}
    async with cloud.module("openstack") as module:
        shipped(
            module,
            charms=str(packed),
            images=images,
            external_hostname="cloud.example",
            config={"keystone": {"debug": "true", "region": "ignored"}},
        )
        await module.converge()
        assert (await module.plan()).is_empty
        offers = (await module.output())["offers"]

    async with cloud.module("hypervisor") as hypervisor:
        shipped(hypervisor, charms=str(packed), offers=offers)
        await hypervisor.converge()
        assert (await hypervisor.plan()).is_empty
        async with cloud.juju() as juju:
            status = await full_status(await juju.model("openstack"))
            assert len(status.applications) == 12
            assert len([relation for relation in status.relations if len(relation.ends) == 2]) >= 34
            machines = await full_status(await juju.model("machines"))
            assert sorted(machines.remote_applications) == sorted(offers)
        await hypervisor.destroy()

    async with cloud.module("openstack") as module:
        shipped(module, charms=str(packed), images=images)
        await module.init()
        await module.destroy()
    async with cloud.juju() as juju:
        assert [model.name for model in await juju.models()] == ["controller"]


async def test_a_first_thread_is_a_subset_that_grows(cloud: Cloud, packed: Path) -> None:
    images = {name: f"localhost/sunbeam/{name}:1" for name in IMAGES}
    first = ["certificates", "mariadb", "keystone"]
    async with cloud.module("openstack") as module:
        shipped(module, charms=str(packed), images=images, services=first)
        plan = await module.converge()
        made = {change.address for change in plan.changes}
        assert 'juju_integration.this["keystone:database"]' in made
        assert not any("ingress" in address for address in made)
    async with cloud.module("openstack") as module:
        shipped(module, charms=str(packed), images=images, services=[*first, "memcached"])
        plan = await module.converge()
        assert {(change.address, change.action) for change in plan.changes} == {
            ('module.application["memcached"].juju_application.this', "create"),
            ('juju_integration.this["keystone:cache"]', "create"),
        }
