"""Every key of the manifest that is for Terraform reaches a variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.manifest.model import Manifest
from sunbeam.core.task import Context
from sunbeam.tasks.bootstrap import COMPUTE
from sunbeam.tasks.control_plane import charm_config, choices, control_plane
from sunbeam.tasks.images import image_builder
from tests.unit.core.bench import Workbench


def manifest(**keys: Any) -> Manifest:
    return Manifest.model_validate(keys)


def test_a_manifest_that_says_nothing_leaves_charms_as_they_are() -> None:
    assert choices(manifest()) == {"region": "RegionOne", "config": {}, "units": {}, "storage": {}}


@pytest.mark.parametrize(
    ("keys", "variable", "value"),
    [
        ({"region": "North"}, "region", "North"),
        ({"name": "My cloud"}, "config", {"horizon": {"site-name": "My cloud"}}),
        ({"network": {"dns": ["192.0.2.1", "192.0.2.2"]}}, "config",
         {"neutron": {"dns-servers": "192.0.2.1,192.0.2.2"}}),
        ({"network": {"external": {"mtu": 1400}}}, "config", {"neutron": {"global-physnet-mtu": "1400"}}),
        ({"network": {"external": {"mtu": 1400}},
          "software": {"charms": {"neutron": {"config": {"global-physnet-mtu": 1300}}}}}, "config",
         {"neutron": {"global-physnet-mtu": "1300"}}),
        ({"software": {"charms": {"nova": {"config": {"debug": True, "host-subset-size": 3}}}}}, "config",
         {"nova": {"debug": "true", "host-subset-size": "3"}}),
        ({"software": {"charms": {"nova": {"units": 1}}}}, "units", {"nova": 1}),
        ({"software": {"charms": {"mariadb": {"storage": {"database": "20G"}}}}}, "storage",
         {"mariadb": {"database": "20G"}}),
    ],
)  # fmt: skip
def test_a_key_reaches_its_variable(keys: dict[str, Any], variable: str, value: object) -> None:
    assert choices(manifest(**keys))[variable] == value


def test_the_hypervisor_is_of_another_module() -> None:
    wanted = manifest(software={"charms": {"hypervisor": {"config": {"reserved-host-memory-mb": 7}}}})
    assert choices(wanted)["config"] == {} and choices(wanted)["units"] == {}
    assert charm_config(wanted)[COMPUTE] == {"reserved-host-memory-mb": "7"}


async def test_a_changed_manifest_changes_what_is_applied_and_nothing_else(tmp_path: Path) -> None:
    charms = {"nova": {"config": {"debug": True}}}
    images = {"nova": "registry.example.org/nova:2"}
    before = await variables(tmp_path, manifest(region="North"))
    after = await variables(tmp_path, manifest(region="North", software={"charms": charms, "images": images}))
    assert {name for name in after if before[name] != after[name]} == {"config", "images", "units"}
    assert after["config"] == {"nova": {"debug": "true"}}
    assert [name for name, image in after["images"].items() if before["images"][name] != image] == ["nova"]


async def variables(root: Path, wanted: Manifest) -> dict[str, Any]:
    bench = Workbench(root)
    context = Context(bench.host, bench.paths, bench.clock, lambda text: None)
    builder = image_builder(bench.processes, bench.paths, wanted.software.images)
    return dict(await control_plane(builder, wanted, "192.0.2.1")(context))
