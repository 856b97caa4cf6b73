"""Packet rules of the pod and external networks, all in tables or chains of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Protocol

from sunbeam.core.process import Processes

CHAIN = "SUNBEAM"


@dataclass(frozen=True)
class Rules:
    """``exposed`` maps a TCP port of this host to the pod (an address) that answers on the same port.

    ``translated``: the external network is known to this host alone, so that VMs leave it under its address.
    """

    pod_bridge: str
    pods: IPv4Network
    external_bridge: str
    external: IPv4Network
    exposed: Mapping[int, str]
    translated: bool = True


class Firewall(Protocol):
    """``apply`` replaces what was applied before, in one step."""

    async def apply(self, rules: Rules) -> None: ...

    async def remove(self) -> None: ...


class Nftables:
    """One table ``NAME`` of family ip: deleting it deletes everything."""

    def __init__(self, processes: Processes, table: str = "sunbeam") -> None:
        self.processes = processes
        self.table = table

    async def apply(self, rules: Rules) -> None:
        await self.processes.run(["nft", "-f", "-"], input=nft_script(self.table, rules), timeout=20)

    async def remove(self) -> None:
        script = f"table ip {self.table}\ndelete table ip {self.table}\n"
        await self.processes.run(["nft", "-f", "-"], input=script, timeout=20)


def nft_script(table: str, rules: Rules) -> str:
    """Pods are reached from this host, from each other, and from outside through an exposed port only."""
    pods, external = rules.pod_bridge, rules.external_bridge
    leaving = f'ip saddr {rules.external} oifname != "{external}" oifname != "{pods}"'
    dnat = [
        f"fib daddr type local tcp dport {port} dnat to {address}:{port}"
        for port, address in sorted(rules.exposed.items())
    ]
    lines = [
        f"table ip {table}",
        f"delete table ip {table}",
        f"table ip {table} {{",
        " chain prerouting {",
        "  type nat hook prerouting priority dstnat; policy accept;",
        *(f"  {rule}" for rule in dnat),
        " }",
        " chain output {",
        "  type nat hook output priority -100; policy accept;",
        *(f"  ip daddr != 127.0.0.0/8 {rule}" for rule in dnat),
        " }",
        " chain postrouting {",
        "  type nat hook postrouting priority srcnat; policy accept;",
        f'  ip saddr {rules.pods} oifname != "{pods}" masquerade',
        *([f"  {leaving} masquerade"] if rules.translated else []),
        f'  ct status dnat ip saddr {rules.pods} oifname "{pods}" masquerade',
        " }",
        " chain forward {",
        "  type filter hook forward priority filter; policy accept;",
        f'  oifname != "{pods}" accept',
        f'  iifname "{pods}" accept',
        "  ct state established,related accept",
        "  ct status dnat accept",
        "  drop",
        " }",
        "}",
    ]
    return "\n".join(lines) + "\n"


class Iptables:
    """The same rules in chains ``SUNBEAM-*`` of iptables, for kernels whose nftables cannot do NAT."""

    def __init__(self, processes: Processes, chain: str = CHAIN) -> None:
        self.processes = processes
        self.chain = chain

    async def apply(self, rules: Rules) -> None:
        await self.processes.run(
            ["iptables-restore", "--noflush", "--wait"],
            input=iptables_script(self.chain, rules),
            timeout=20,
        )
        for table, hook, chain in self._jumps():
            jump = ["iptables", "--wait", "--table", table]
            present = await self.processes.run([*jump, "-C", hook, "-j", chain], check=False, timeout=20)
            if present.returncode:
                await self.processes.run([*jump, "-I", hook, "-j", chain], timeout=20)

    async def remove(self) -> None:
        for table, hook, chain in self._jumps():
            words = ["iptables", "--wait", "--table", table]
            for rest in (["-D", hook, "-j", chain], ["-F", chain], ["-X", chain]):
                await self.processes.run([*words, *rest], check=False, timeout=20)

    def _jumps(self) -> list[tuple[str, str, str]]:
        return [
            ("nat", "PREROUTING", f"{self.chain}-DNAT"),
            ("nat", "OUTPUT", f"{self.chain}-OUTPUT"),
            ("nat", "POSTROUTING", f"{self.chain}-MASQ"),
            ("filter", "FORWARD", f"{self.chain}-FORWARD"),
        ]


def iptables_script(chain: str, rules: Rules) -> str:
    """For iptables-restore --noflush: naming a chain empties it first."""
    pods, external = rules.pod_bridge, rules.external_bridge
    translation = [
        f"-A {chain}-MASQ -s {rules.external} -o {pods} -j RETURN",
        f"-A {chain}-MASQ -s {rules.external} ! -o {external} -j MASQUERADE",
    ]
    local = "-m addrtype --dst-type LOCAL -p tcp --dport"
    dnat = [
        f"{local} {port} -j DNAT --to-destination {address}:{port}"
        for port, address in sorted(rules.exposed.items())
    ]
    lines = [
        "*nat",
        f":{chain}-DNAT - [0:0]",
        f":{chain}-OUTPUT - [0:0]",
        f":{chain}-MASQ - [0:0]",
        *(f"-A {chain}-DNAT {rule}" for rule in dnat),
        *(f"-A {chain}-OUTPUT ! -d 127.0.0.0/8 {rule}" for rule in dnat),
        f"-A {chain}-MASQ -s {rules.pods} ! -o {pods} -j MASQUERADE",
        f"-A {chain}-MASQ -s {rules.pods} -o {pods} -m conntrack --ctstate DNAT -j MASQUERADE",
        *(translation if rules.translated else []),
        "COMMIT",
        "*filter",
        f":{chain}-FORWARD - [0:0]",
        f"-A {chain}-FORWARD -i {pods} -j ACCEPT",
        f"-A {chain}-FORWARD -o {pods} -m conntrack --ctstate ESTABLISHED,RELATED,DNAT -j ACCEPT",
        f"-A {chain}-FORWARD -o {pods} -j DROP",
        f"-A {chain}-FORWARD -i {external} -j ACCEPT",
        f"-A {chain}-FORWARD -o {external} -j ACCEPT",
        "COMMIT",
    ]
    return "\n".join(lines) + "\n"
