"""Puts the embedded substrate together as this machine needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.firewall import Firewall, Iptables, Nftables
from sunbeam.substrates.embedded.host_changes import HostChanges
from sunbeam.substrates.embedded.network import Network, NetworkPlan
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.probes import Probe
from sunbeam.substrates.embedded.runtime import EmbeddedRuntime
from sunbeam.substrates.embedded.teardown import Teardown


async def embedded_runtime(
    processes: Processes, paths: Paths, plan: NetworkPlan, install_pebble: Callable[[Path], object]
) -> EmbeddedRuntime:
    """The runtime of this node; its networks get the MTU of the default route's interface."""
    probe = Probe(processes)
    facts = await network_facts.gather(probe)
    network = Network(
        processes,
        replace(plan, mtu=facts.mtu),
        await firewall_of_this_kernel(processes, probe),
        host_changes(paths),
    )
    return EmbeddedRuntime(paths, Podman(processes, paths), network, install_pebble)


async def firewall_of_this_kernel(processes: Processes, probe: Probe) -> Firewall:
    """nftables, unless it cannot do NAT or iptables' FORWARD chain drops what a table of ours accepts."""
    if await probe.nftables_nat() and await probe.forward_policy() == "ACCEPT":
        return Nftables(processes)
    return Iptables(processes)


def embedded_teardown(processes: Processes, paths: Paths, plan: NetworkPlan) -> Teardown:
    return Teardown(processes, paths, Podman(processes, paths), plan, host_changes(paths))


def host_changes(paths: Paths) -> HostChanges:
    return HostChanges(paths.state / "host-changes.json")
