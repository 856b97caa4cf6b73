"""What a killed run made before its state was saved is taken over by the next one."""

from __future__ import annotations

import pytest

from sunbeam.juju.status import full_status
from sunbeam.provider.service import Provider
from sunbeam.terraform.errors import TerraformError
from tests.functional.terraform.terraform_harness import Cloud

MODULE = "everything"


async def everything(cloud: Cloud) -> dict[str, tuple[list[str], list[str], int]]:
    """Names of units, numbers of machines and how many relations, by model."""
    found = {}
    async with cloud.juju() as juju:
        for name in ("openstack", "machines"):
            status = await full_status(await juju.model(name))
            units = sorted(unit.name for unit in status.units())
            found[name] = (units, sorted(status.machines), len(status.relations))
    return found


async def test_a_lost_state_is_made_again_from_what_is_there(cloud: Cloud) -> None:
    async with cloud.module(MODULE, charms=str(cloud.charms)) as module:
        await module.converge()
    before = await everything(cloud)
    await cloud.state.states.delete(MODULE)

    async with cloud.module(
        MODULE, Provider(cloud.credentials, adopts=True), charms=str(cloud.charms)
    ) as again:
        await again.converge()
        assert (await again.plan()).is_empty
    assert await everything(cloud) == before


async def test_what_exists_is_made_as_planned(cloud: Cloud) -> None:
    async with cloud.module(MODULE, charms=str(cloud.charms)) as module:
        await module.converge()
    await cloud.state.states.delete(MODULE)
    provider = Provider(cloud.credentials, adopts=True)
    async with cloud.module(MODULE, provider, charms=str(cloud.charms), greeting="bye") as again:
        await again.converge()
        assert (await again.plan()).is_empty


async def test_others_are_told_that_it_exists(cloud: Cloud) -> None:
    async with cloud.module(MODULE, charms=str(cloud.charms)) as module:
        await module.converge()
        await cloud.state.states.delete(MODULE)
        with pytest.raises(TerraformError, match="already exists"):
            await module.converge()
