"""What sunbeamd would change on this machine when it starts: bridges, packet rules, forwarding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.foresight import Foresight, Touch
from sunbeam.core.task import Context
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.probes import Probe

INTERFACES = Path("/sys/class/net")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


BY_SUNBEAMD = "sunbeamd makes the networks itself when it starts"


async def foresee_network(context: Context, settings: NodeSettings) -> Foresight:
    """Its touches are those of sunbeamd, not of the change, whose events do not tell them."""
    risk = await _route_risk(context, settings)
    return Foresight(touches=tuple(_network(settings)), risks=(risk,) if risk else (), note=BY_SUNBEAMD)


def _network(settings: NodeSettings) -> Iterator[Touch]:
    plan = settings.network
    for bridge, addresses in ((plan.pod_bridge, plan.pods), (plan.external_bridge, plan.external)):
        if not (INTERFACES / bridge).exists():
            yield Touch("interface", "make", f"{bridge} ({addresses})")
    if settings.interface:
        yield Touch("interface", "use", f"{settings.interface} for the external network")
    if FORWARDING.read_text().strip() != "1":
        yield Touch("setting", "set", "net.ipv4.ip_forward = 1")
    yield Touch("setting", "make", "packet rules of these networks, in tables of their own")


async def _route_risk(context: Context, settings: NodeSettings) -> str:
    if not settings.interface:
        return ""
    facts = await network_facts.gather(Probe(context.host.processes))
    if facts.interface != settings.interface:
        return ""
    return (
        f"{settings.interface} carries this machine's default route and becomes part of the external "
        "network: connections over it may be interrupted"
    )
