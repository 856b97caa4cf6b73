"""What a cloud takes of the machine it is to run on: what checks judge against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core import ranges
from sunbeam.substrates.embedded.network import NetworkPlan

if TYPE_CHECKING:
    from sunbeam.core.manifest.model import Manifest
    from sunbeam.core.paths import Paths

BOOTSTRAP = "sunbeam cluster bootstrap"
ROLES = ("control", "compute")
HTTP_PORTS = {443: "the dashboard and the APIs", 80: "the redirect to port 443"}
LARGEST_PACKET = 1500


@dataclass(frozen=True)
class Wanted:
    """``ports``: purpose by TCP port.  ``mtu``: bytes that VMs expect the network outside to carry.

    ``address`` is where users reach the cloud, ``interface`` leads to the external network (both may be
    empty), ``pool`` are the first and the last address there that VMs may get.  ``proxy`` is a manifest's:
    http, https, no_proxy, with references.  ``installed``: a cloud of ours is on this machine, whose ports,
    networks and disk space are then no obstacle.  ``builds``: images are to be built, whatever is there.
    ``again`` is what a person types after a finding is dealt with.
    """

    network: NetworkPlan = field(default_factory=NetworkPlan)
    demo: IPv4Network = ranges.DEMO
    address: str = ""
    interface: str = ""
    pool: tuple[IPv4Address, IPv4Address] | None = None
    mtu: int = LARGEST_PACKET
    ports: Mapping[int, str] = field(default_factory=lambda: ports_of(NodeSettings("", "")))
    proxy: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ROLES
    installed: bool = False
    builds: bool = False
    again: str = BOOTSTRAP

    @property
    def fetches(self) -> bool:
        """Whether something is to come from outside."""
        return self.builds or not self.installed

    @classmethod
    def of(cls, manifest: Manifest, settings: NodeSettings, *, installed: bool) -> Wanted:
        """``settings`` are those that this node has or would get."""
        neutron = manifest.software.charms.get("neutron")
        option = neutron.config.get("global-physnet-mtu") if neutron else None
        return cls(
            network=settings.network,
            demo=manifest.demo.network.range,
            address=settings.address,
            interface=manifest.network.external.interface,
            pool=manifest.network.external.pool,
            mtu=int(option or manifest.network.external.mtu),
            ports=ports_of(settings),
            proxy=manifest.proxy.model_dump(),
            roles=settings.roles,
            installed=installed,
        )

    @classmethod
    def of_node(cls, settings: NodeSettings, again: str = BOOTSTRAP) -> Wanted:
        """What the cloud that is on this machine uses of it."""
        return cls(
            network=settings.network,
            address=settings.address,
            interface=settings.interface,
            ports=ports_of(settings),
            roles=settings.roles,
            installed=True,
            again=again,
        )

    @classmethod
    def with_or_without(cls, paths: Paths, again: str) -> Wanted:
        """What the cloud on this machine uses, or the default one would."""
        if NodeSettings.exists(paths):
            return cls.of_node(NodeSettings.read(paths), again)
        return cls(again=again)


def ports_of(settings: NodeSettings) -> dict[int, str]:
    return {
        **HTTP_PORTS,
        settings.api_port: "the Juju API",
        settings.state_port: "the state of Terraform modules",
        settings.etcd_port: "the cluster store",
        settings.etcd_peer_port: "the cluster store",
    }
