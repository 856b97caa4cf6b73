"""Ports that the cloud needs, and who has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import HTTP_PORTS, Wanted
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.network_facts import Listener

LOOPBACK = "127.0.0.1"
OURS = re.compile(r"sunbeam")
UNIT = re.compile(r"([^/\s]+\.(?:service|socket))\b")


@dataclass(frozen=True)
class Holder:
    """A listener, the systemd unit of its process, and its command line (either may be empty)."""

    listener: Listener
    unit: str = ""
    command: str = ""

    @property
    def is_ours(self) -> bool:
        return bool(OURS.search(f"{self.unit} {self.command}"))

    @property
    def name(self) -> str:
        """``nginx (process 812 of nginx.service)``."""
        if not self.listener.program:
            return "another program"
        unit = f" of {self.unit}" if self.unit else ""
        return f"{self.listener.program} (process {self.listener.pid}{unit})"


async def holders(context: CheckContext) -> tuple[Holder, ...]:
    """Who listens on the ports that are wanted."""
    network = await context.network()
    wanted = [each for each in network.listeners if each.port in context.wanted.ports]
    return tuple(_holder(each, context.root / "proc" / str(each.pid)) for each in wanted)


def _holder(listener: Listener, process: Path) -> Holder:
    if not listener.pid:
        return Holder(listener)
    try:
        command = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
        return Holder(listener, unit_of((process / "cgroup").read_text()), command)
    except OSError:
        return Holder(listener)  # it ended meanwhile


def unit_of(cgroups: str) -> str:
    """The innermost service in the text of /proc/PID/cgroup; empty outside of systemd's services."""
    found = UNIT.findall(cgroups)
    return str(found[-1]) if found else ""


def ports(holders: tuple[Holder, ...], wanted: Wanted) -> Iterator[Problem]:
    """Nobody else listens on a port that the cloud needs: 80 and 443, and a few of its own."""
    for port, purpose in wanted.ports.items():
        mine = (each for each in holders if each.listener.port == port)
        holder = next((each for each in mine if _is_in_the_way(each.listener, wanted)), None)
        if holder is None or (wanted.installed and holder.is_ours):
            continue
        stop = f"systemctl disable --now {holder.unit}" if holder.unit else f"ss -ltnp sport = :{port}"
        yield Problem(
            f"port {port} is taken",
            where=f"{holder.listener.address}:{port}",
            why=f"{holder.name} listens on it; it is needed for {purpose}",
            evidence=holder.command,
            next_command=stop,
            id="port-taken",
        )


def _is_in_the_way(listener: Listener, wanted: Wanted) -> bool:
    """Whether it takes packets that the cloud needs, or loses its own to the cloud.

    Our packet rules send what comes for 80 and 443 to the ingress, at every IPv4 address of this machine
    except those of loopback; our own programs listen on loopback.
    """
    text = listener.address.partition("%")[0].strip("[]")
    if text in ("*", "0.0.0.0", "::"):
        return True
    address = ip_address(text)
    address = (None if isinstance(address, IPv4Address) else address.ipv4_mapped) or address
    if listener.port in HTTP_PORTS:
        return str(address) == wanted.address or (address.version == 4 and not address.is_loopback)
    return str(address) == LOOPBACK
