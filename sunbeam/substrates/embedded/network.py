"""Bridges and named network namespaces of pods and machine containers, made with iproute2."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from sunbeam.core import ranges
from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded.firewall import Firewall, Rules
from sunbeam.substrates.embedded.host_changes import HostChanges
from sunbeam.substrates.embedded.uplink import Uplink

logger = logging.getLogger(__name__)

NETNS = Path("/run/netns")


@dataclass(frozen=True)
class NetworkPlan:
    """The two networks of a node; this machine has the first address of the pods' one.

    ``external_gateway`` is the router of the external network (None: its first address): this machine, unless
    an interface of it is the ``uplink`` to a network that is there already.  ``lose_addresses``: it may have
    addresses, which it loses.
    """

    pods: IPv4Network = ranges.PODS
    external: IPv4Network = ranges.EXTERNAL
    pod_bridge: str = "sunbeam0"
    external_bridge: str = "sunbeam-ext"
    mtu: int = 1500
    external_gateway: IPv4Address | None = None
    uplink: str = ""
    lose_addresses: bool = False

    @property
    def external_router(self) -> IPv4Address:
        return self.external_gateway or self.external[1]

    @property
    def gateway(self) -> IPv4Address:
        return self.pods[1]


def mac_of(address: IPv4Address) -> str:
    """A locally administered MAC that an address always has: neighbours' caches stay right."""
    return "02:53:" + ":".join(f"{octet:02x}" for octet in address.packed)


class Network:
    """Every method is idempotent and brings back what a reboot or a person took away.

    A namespace is named after its pod or machine (``key``); teardown knows ours by the bridges they are on.
    """

    def __init__(
        self, processes: Processes, plan: NetworkPlan, firewall: Firewall, changes: HostChanges
    ) -> None:
        self.processes = processes
        self.plan = plan
        self.firewall = firewall
        self._changes = changes
        self._uplink = Uplink(processes, changes, plan.external_bridge)
        self._exposed: dict[int, str] = {}
        self._rules_lock = asyncio.Lock()

    async def start(self) -> None:
        """Bridges, forwarding and packet rules."""
        self._changes.note_folders()
        await self._bridge(self.plan.pod_bridge, self.plan.pods, self.plan.gateway)
        await self._external()
        self._changes.set_sysctl("net.ipv4.ip_forward", "1")
        await self._apply_rules()

    async def attach_pod(self, key: str, address: str) -> Path:
        """A namespace with ``eth0``; returns its path."""
        return await self._namespace(key, {"eth0": self.plan.pod_bridge}, address)

    async def attach_machine(self, key: str, address: str) -> Path:
        """A namespace with ``mgmt0`` and, without an address, ``ext0`` on the external network."""
        bridges = {"mgmt0": self.plan.pod_bridge, "ext0": self.plan.external_bridge}
        return await self._namespace(key, bridges, address)

    async def detach(self, key: str) -> None:
        if (NETNS / key).exists():
            await self.processes.run(["ip", "netns", "delete", key], check=False, timeout=20)
        for interface in ("eth0", "mgmt0", "ext0"):
            await self._delete_link(_outer(key, interface))

    async def expose(self, ports: Mapping[int, str]) -> None:
        """Let ``{port: pod's address}`` be reached through this host; replaces what was exposed before."""
        if dict(ports) != self._exposed:
            self._exposed = dict(ports)
            await self._apply_rules()

    async def _apply_rules(self) -> None:
        plan = self.plan
        async with self._rules_lock:
            await self.firewall.apply(
                Rules(
                    plan.pod_bridge,
                    plan.pods,
                    plan.external_bridge,
                    plan.external,
                    self._exposed,
                    translated=not plan.uplink,
                )
            )

    async def _external(self) -> None:
        """Without the interface that leads there, VMs are out of reach, but the cloud can be looked at."""
        plan = self.plan
        address = None if plan.uplink else plan.external_router
        await self._bridge(plan.external_bridge, plan.external, address)
        if plan.uplink:
            try:
                await self._uplink.take(plan.uplink, lose_addresses=plan.lose_addresses)
            except SunbeamError as refusal:
                logger.warning("%s", refusal)

    async def _bridge(self, name: str, network: IPv4Network, address: IPv4Address | None) -> None:
        if not await self._exists(name):
            await self._ip(f"link add name {name} address {mac_of(network[1])} type bridge forward_delay 0")
        await self._ip(
            *([f"address replace {address}/{network.prefixlen} dev {name}"] if address else []),
            f"link set dev {name} mtu {self.plan.mtu} up",
        )

    async def _namespace(self, key: str, bridges: Mapping[str, str], address: str) -> Path:
        if await self._is_attached(key, bridges, address):
            return NETNS / key
        await self.detach(key)
        first = next(iter(bridges))
        outside = [f"netns add {key}"]
        inside = ["link set dev lo up"]
        for interface, bridge in bridges.items():
            outer = _outer(key, interface)
            mac = f"address {mac_of(IPv4Address(address))}" if interface == first else ""
            outside += [
                f"link add name {outer} mtu {self.plan.mtu} type veth"
                f" peer name {interface} {mac} mtu {self.plan.mtu} netns {key}",
                f"link set dev {outer} master {bridge} up",
            ]
            if interface == first:
                # What a pod sends to its own exposed port comes back on the port that it left by.
                outside.append(f"link set dev {outer} type bridge_slave hairpin on")
            inside.append(f"link set dev {interface} up")
        inside += [
            f"address replace {address}/{self.plan.pods.prefixlen} dev {first}",
            f"route replace default via {self.plan.gateway} dev {first}",
        ]
        await self._ip(*outside)
        await self._ip(*inside, namespace=key)
        await self.processes.run(
            ["ip", "netns", "exec", key, "sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0"],
            check=False,
            timeout=20,
        )
        return NETNS / key

    async def _is_attached(self, key: str, bridges: Mapping[str, str], address: str) -> bool:
        """Whether the namespace is complete: made last in it are its address and default route."""
        if not (NETNS / key).exists():
            return False
        for interface, bridge in bridges.items():
            if not Path(f"/sys/class/net/{bridge}/brif/{_outer(key, interface)}").exists():
                return False
        words = ["ip", "-netns", key, "-json", "route", "show", "default"]
        shown = await self.processes.run(words, check=False, timeout=20)
        routes = json.loads(shown.stdout or "[]") if shown.returncode == 0 else []
        if not any(route.get("gateway") == str(self.plan.gateway) for route in routes):
            return False
        words = ["ip", "-netns", key, "-brief", "address", "show", "dev", next(iter(bridges))]
        shown = await self.processes.run(words, check=False, timeout=20)
        return f"{address}/{self.plan.pods.prefixlen}" in shown.stdout.split()

    async def _exists(self, name: str) -> bool:
        shown = await self.processes.run(["ip", "link", "show", "dev", name], check=False, timeout=20)
        return shown.returncode == 0

    async def _delete_link(self, name: str) -> None:
        if Path(f"/sys/class/net/{name}").exists():
            await self.processes.run(["ip", "link", "delete", "dev", name], check=False, timeout=20)

    async def _ip(self, *commands: str, namespace: str = "") -> None:
        words = ["ip", *(("-netns", namespace) if namespace else ()), "-batch", "-"]
        await self.processes.run(words, input="\n".join(commands) + "\n", timeout=20)


def _outer(key: str, interface: str) -> str:
    """The host's end of a pair; the kernel allows 15 characters."""
    return "sb" + hashlib.sha256(f"{key} {interface}".encode()).hexdigest()[:10]
