"""Addresses, bridges, packet rules, listeners and names of this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from sunbeam.core.file_text import text
from sunbeam.doctor.look import Look
from sunbeam.doctor.readings.node import command_of, settings
from sunbeam.substrates.embedded.directory import Directory
from sunbeam.substrates.embedded.hosts_file import render
from sunbeam.substrates.embedded.network_facts import Listener, hops, listeners_of


@dataclass(frozen=True)
class Interface:
    name: str
    up: bool
    addresses: tuple[IPv4Interface, ...]


async def interfaces(look: Look) -> dict[str, Interface]:
    """By name."""
    shown = json.loads(await look.output("ip", "-json", "address"))
    return {
        each["ifname"]: Interface(
            each["ifname"],
            "UP" in each.get("flags", []),
            tuple(
                IPv4Interface(f"{info['local']}/{info['prefixlen']}")
                for info in each.get("addr_info", [])
                if info["family"] == "inet"
            ),
        )
        for each in shown
    }


async def default_interface(look: Look) -> str:
    """The first that the default route goes through; empty without one."""
    routes = json.loads(await look.output("ip", "-json", "route", "show", "default"))
    return str(hops(routes[0])[0]["dev"]) if routes else ""


@dataclass(frozen=True)
class Firewall:
    """Whether our rules are there, as a table of nftables or chains of iptables, and FORWARD's policy."""

    nftables: bool
    iptables: bool
    policy: str
    docker: bool


async def firewall(look: Look) -> Firewall:
    tables = await _rules(look, "nft", "list", "tables")
    rules = await _rules(look, "iptables", "-S")
    policy = next((line.split()[2] for line in rules if line.startswith("-P FORWARD ")), "ACCEPT")
    return Firewall(
        "table ip sunbeam" in tables,
        "-A FORWARD -j SUNBEAM-FORWARD" in rules,
        policy,
        any("DOCKER" in line for line in rules),
    )


async def _rules(look: Look, *argv: str) -> list[str]:
    """A program that is not installed has made none."""
    try:
        return (await look.run(*argv, check=False)).stdout.splitlines()
    except FileNotFoundError:
        return []


async def ip_forward(look: Look) -> str:
    return (look.paths.root / "proc/sys/net/ipv4/ip_forward").read_text().strip()


async def listeners(look: Look) -> tuple[Listener, ...]:
    return listeners_of(await look.output("ss", "-Hltnp"))


@dataclass(frozen=True)
class Stranger:
    """Another program on a port of ours; ``unit`` is its systemd unit, if it has one."""

    port: int
    address: str
    pid: int
    command: str
    unit: str


async def strangers(look: Look) -> tuple[Stranger, ...]:
    """Who listens on the ports of etcd and sunbeamd, and is neither."""
    node = await look(settings)
    ours = (node.api_port, node.state_port, node.etcd_port, node.etcd_peer_port)
    root = look.paths.root
    found = []
    for each in await look(listeners):
        command = command_of(root, each.pid) if each.pid else each.program
        if each.port in ours and not _is_ours(look, command):
            found.append(Stranger(each.port, each.address, each.pid, command, _unit_of(root, each.pid)))
    return tuple(found)


def _is_ours(look: Look, command: str) -> bool:
    return command.startswith(str(look.paths.bin / "etcd")) or "sunbeam.cluster.daemon" in command


def _unit_of(root: Path, pid: int) -> str:
    for line in text(root / f"proc/{pid}/cgroup").splitlines():
        name = line.rpartition("/")[2]
        if name.endswith(".service"):
            return name
    return ""


@dataclass(frozen=True)
class Hosts:
    """The hosts file of pods: how it ought to be, and how it is (None: gone)."""

    path: Path
    wanted: str
    found: str | None


async def hosts(look: Look) -> Hosts:
    node = await look(settings)
    state = look.paths.state / "runtime"
    directory = Directory(node.network.pods, state / "directory.json")
    path = state / "hosts"
    return Hosts(path, render(directory.entries()), path.read_text() if path.exists() else None)
