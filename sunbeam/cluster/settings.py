"""What this node was set up with: read by the daemon at its start, written once by bootstrap."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from sunbeam.core import ranges
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.substrates.embedded.network import NetworkPlan

if TYPE_CHECKING:
    from sunbeam.core.manifest.model import Manifest


@dataclass(frozen=True)
class NodeSettings:
    """``pods`` and ``external`` are IPv4 ranges, ports are on loopback, users reach us at ``address``.

    ``gateway`` is the router of the external range (empty: its first address), ``interface`` what leads there
    (empty: a bridge of ours), which may ``lose_addresses``.
    etcd's ports are not its usual ones: a Kubernetes on the same machine may have those.
    """

    name: str
    address: str
    pods: str = str(ranges.PODS)
    external: str = str(ranges.EXTERNAL)
    api_port: int = 17070
    state_port: int = 17071
    etcd_port: int = 12379
    etcd_peer_port: int = 12380
    gateway: str = ""
    interface: str = ""
    lose_addresses: bool = False
    roles: tuple[str, ...] = ("control", "compute")

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", tuple(self.roles))  # JSON has lists only

    @classmethod
    def of(cls, manifest: Manifest) -> NodeSettings:
        """A node of the manifest's cloud; its address must have been answered or detected."""
        external = manifest.network.external
        machine = manifest.nodes[0] if manifest.nodes else None
        return cls(
            name=(machine.name if machine else None) or platform.node() or "node",
            address=str(manifest.network.address),
            pods=str(manifest.network.pods),
            external=str(external.range),
            gateway=str(external.gateway or ""),
            interface=external.interface,
            lose_addresses=external.lose_addresses,
            roles=machine.roles if machine else cls.roles,
        )

    @property
    def network(self) -> NetworkPlan:
        return NetworkPlan(
            pods=IPv4Network(self.pods),
            external=IPv4Network(self.external),
            external_gateway=IPv4Address(self.gateway) if self.gateway else None,
            uplink=self.interface,
            lose_addresses=self.lose_addresses,
        )

    @property
    def dashboard_url(self) -> str:
        return f"https://{self.address}/openstack-horizon/"

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def file(cls, paths: Paths) -> Path:
        return paths.etc / "node.json"

    @classmethod
    def exists(cls, paths: Paths) -> bool:
        return cls.file(paths).exists()

    @classmethod
    def node_name(cls, paths: Paths) -> str:
        """The name of this machine in its cloud; its host name if there is none, or none that can be read."""
        try:
            return cls.read(paths).name
        except SunbeamError:
            return platform.node()

    @classmethod
    def read(cls, paths: Paths) -> NodeSettings:
        """Raises SunbeamError if this machine is no node or the file is damaged."""
        path = cls.file(paths)
        try:
            settings = cls(**json.loads(path.read_text()))
            settings.network  # noqa: B018 (its ranges are checked by reading them)
            return settings
        except FileNotFoundError:
            raise SunbeamError(
                "This machine is not part of a cloud",
                where=str(path),
                next_command="sunbeam cluster bootstrap",
                id="no-cloud",
            ) from None
        except (ValueError, TypeError) as error:
            example = json.dumps(asdict(cls("NAME", "ADDRESS")))
            raise SunbeamError(
                "The settings of this node cannot be read",
                where=str(path),
                why=f"{error}\nit must be JSON such as {example}",
                next_command=f"sensible-editor {path}",
                id="settings-damaged",
            ) from error
