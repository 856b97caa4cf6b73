"""Looking at the finished cloud from outside, as its users do."""

from __future__ import annotations

from collections.abc import Mapping

from sunbeam.cluster.openstack import CLOUD, cloud_entry
from sunbeam.cluster.openstack_api import open_api
from sunbeam.cluster.probes import NO_ANSWER, probe_cloud
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.foresight import Foresight
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look

COMPUTE = "compute"
AGENTS = {"OVN Controller Gateway agent", "OVN Metadata agent"}

PATIENCE = 60.0
"""Seconds for one answer: the first ones of a new cloud take long on a slow machine."""


class VerifyCloud(Task):
    """Every API and the dashboard answer through their public URLs; compute and network agents are alive."""

    id = "verify"
    title = "Check that every API and the hypervisor answer"
    phase = "Check"
    typical_seconds = 15.0

    def __init__(self, settings: NodeSettings, *needs: str) -> None:
        self.needs = needs
        self._settings = settings

    async def act(self, context: Context) -> None:
        if not context.host.dry_run:
            await context.wait_for(lambda: self._look(context), pause_seconds=1)

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(changes=False)

    async def _look(self, context: Context) -> Look:
        entry = cloud_entry(context.paths, CLOUD)
        health = await probe_cloud(entry, self._settings.dashboard_url, PATIENCE)
        wrong = [f"{api.service}: {api.problem}" for api in health.apis if api.problem]
        if not wrong and COMPUTE in self._settings.roles:
            wrong = await _missing_agents(entry)
        return Look(done=not wrong, missing=wrong[0] if wrong else "", progress="; ".join(wrong))


async def _missing_agents(entry: dict[str, object]) -> list[str]:
    """What a hypervisor must have alive before it can start a VM."""
    async with open_api(entry, PATIENCE) as api:
        try:
            await api.log_in()
            endpoints = api.endpoints()
            services = (await api.get(f"{endpoints['compute']}/os-services?binary=nova-compute"))["services"]
            agents = (await api.get(f"{endpoints['network']}/v2.0/agents"))["agents"]
            # Nova lists a host here once it is mapped to a cell, and schedules to it from then on.
            hosts = (await api.get(f"{endpoints['compute']}/os-hypervisors"))["hypervisors"]
        except NO_ANSWER as error:
            return [f"compute or network API: {error}"]
    missing = [] if any(service["state"] == "up" for service in services) else ["nova-compute is not up"]
    missing += [] if hosts else ["the hypervisor is not mapped to a cell yet"]
    alive = {agent["agent_type"] for agent in agents if agent["alive"]}
    return missing + [f"{agent} is not alive" for agent in sorted(AGENTS - alive)]
