"""The shipped modules with what manifests choose: a changed one is an update in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.model import Manifest
from sunbeam.juju.applications import settings
from sunbeam.tasks.control_plane import charm_config, choices
from tests.functional.terraform.terraform_harness import Cloud
from tests.functional.terraform.test_shipped_modules import IMAGES, packed, shipped

__all__ = ["packed"]

SERVICES = ["certificates", "mariadb", "memcached", "keystone", "nova", "horizon", "neutron"]
CHANGED = {
    "name": "My cloud",
    "network": {"dns": ["192.0.2.1"]},
    "software": {"charms": {"nova": {"config": {"debug": True, "host-subset-size": 3}}}},
}


def variables(packed: Path, manifest: Manifest) -> dict[str, Any]:
    images = {name: f"localhost/sunbeam/{name}:1" for name in IMAGES}
    return {"charms": str(packed), "images": images, "services": SERVICES, **choices(manifest)}


async def test_a_changed_manifest_updates_applications_in_place(cloud: Cloud, packed: Path) -> None:
    laptop = effective([Path("laptop")]).manifest
    changed = effective([Path("laptop")], CHANGED).manifest
    async with cloud.module("openstack") as module:
        shipped(module, **variables(packed, laptop))
        await module.converge()
        shipped(module, **variables(packed, changed))
        plan = await module.converge()
        assert {(each.address.partition(".juju")[0], each.action) for each in plan.changes} == {
            (f'module.application["{name}"]', "update") for name in ("horizon", "neutron", "nova")
        }
        assert (await module.plan()).is_empty
        async with cloud.juju() as juju:
            model = await juju.model("openstack")
            found = {name: (await settings(model, name)).config for name in ("horizon", "neutron", "nova")}
        assert found["horizon"]["site-name"] == "My cloud"
        assert found["neutron"]["dns-servers"] == "192.0.2.1"
        assert (found["nova"]["debug"], found["nova"]["host-subset-size"]) == (True, 3)

        shipped(module, **variables(packed, laptop))
        assert not (await module.converge()).is_empty
        async with cloud.juju() as juju:
            assert "debug" not in (await settings(await juju.model("openstack"), "nova")).config


@pytest.mark.parametrize("plan", ["edge", "datacenter"])
async def test_a_plan_deploys(cloud: Cloud, packed: Path, plan: str) -> None:
    manifest = effective([Path(plan)]).manifest
    async with cloud.module("openstack") as module:
        shipped(module, **{**variables(packed, manifest), "services": None})
        await module.converge()
        assert (await module.plan()).is_empty
        async with cloud.juju() as juju:
            model = await juju.model("openstack")
            for name, config in charm_config(manifest).items():
                if name != "hypervisor":
                    known = (await settings(model, name)).config
                    assert {key: str(known[key]).removesuffix(".0").lower() for key in config} == {
                        key: value.lower() for key, value in config.items()
                    }
