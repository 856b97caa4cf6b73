"""A network interface of this machine as a port of the external bridge, so that VMs are on a real network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sunbeam.core.errors import SunbeamError
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded.host_changes import HostChanges, TakenInterface

SECONDS = 20


class Uplink:
    """At most one interface.  Its record comes before the first change: from any half-done state it can be
    given back with the addresses, routes and state it had."""

    def __init__(self, processes: Processes, changes: HostChanges, bridge: str) -> None:
        self._processes = processes
        self._changes = changes
        self._bridge = bridge

    async def take(self, name: str, *, lose_addresses: bool) -> None:
        """Idempotent.  Raises SunbeamError if there is no such interface, somebody else has it, or it has
        addresses that may not be lost; nothing is changed then."""
        shown = await self._shown(name)
        master = shown.get("master", "")
        if master not in ("", self._bridge):
            raise self._refusal(name, f"it is a port of {master}")
        addresses = _addresses(shown)
        if addresses and not lose_addresses:
            raise self._refusal(name, f"it has the addresses {', '.join(addresses)}")
        taken = self._changes.interface
        if taken is not None and taken.name != name:
            await self.release()
            taken = None
        if taken is None:
            before = TakenInterface(name, "UP" in shown["flags"], addresses, await self._routes(name))
            self._changes.note_interface(before)
        self._without_addresses_of_its_own()
        commands = [f"link set dev {name} master {self._bridge} up"]
        await self._ip(*commands, *([f"address flush dev {name} scope global"] if addresses else []))

    async def release(self) -> None:
        """Give the interface back as it was; nothing happens without one on record.

        Raises SunbeamError if a route does not come back; the interface stays on record then.
        """
        taken = self._changes.interface
        if taken is None:
            return
        if await self._exists(taken.name):
            await self._ip(
                f"link set dev {taken.name} nomaster {'up' if taken.up else 'down'}",
                *(f"address replace {address} dev {taken.name}" for address in taken.addresses),
            )
            await self._put_back(taken)
        self._changes.forget_interface()

    async def _put_back(self, taken: TakenInterface) -> None:
        """Routes to gateways come after those by which gateways are reached."""
        refused = []
        for route in sorted(taken.routes, key=lambda route: " via " in route):
            ended = await self._processes.run(["ip", *route.split()], check=False, timeout=SECONDS)
            if ended.returncode and not await self._leads_there(route, taken.name):
                refused.append(f"ip {route}: {ended.stderr.strip()}")
        if refused:
            raise SunbeamError(
                "Routes of this machine did not come back",
                where=f"interface {taken.name}",
                why="\n".join(refused),
                next_command=f"ip route show dev {taken.name}",
                id="routes-not-restored",
            )

    async def _leads_there(self, route: str, name: str) -> bool:
        """Whether ``name`` leads to the destination of ``route`` all the same: somebody put it back."""
        family, _, _, destination, *_ = route.split()
        words = ["ip", family, "route", "show", "exact", destination, "dev", name]
        return bool((await self._processes.run(words, check=False, timeout=SECONDS)).stdout.strip())

    def _without_addresses_of_its_own(self) -> None:
        """A router on the external network would otherwise give this machine an IPv6 address there."""
        switch = Path(f"/proc/sys/net/ipv6/conf/{self._bridge}/disable_ipv6")
        if switch.exists():
            switch.write_text("1")

    async def _shown(self, name: str) -> dict[str, Any]:
        words = ["ip", "-json", "address", "show", "dev", name]
        shown = await self._processes.run(words, check=False, timeout=SECONDS)
        if shown.returncode:
            raise self._refusal(name, "there is no such interface")
        return dict(next(each for each in json.loads(shown.stdout) if each))

    async def _exists(self, name: str) -> bool:
        words = ["ip", "link", "show", "dev", name]
        return (await self._processes.run(words, check=False, timeout=SECONDS)).returncode == 0

    async def _routes(self, name: str) -> tuple[str, ...]:
        """Arguments of `ip` that bring back routes which the kernel does not make by itself."""
        found = []
        for family in ("-4", "-6"):
            words = ["ip", "-json", family, "route", "show", "dev", name]
            shown = await self._processes.run(words, check=False, timeout=SECONDS)
            routes = json.loads(shown.stdout or "[]") if shown.returncode == 0 else []
            found += [_command(family, name, route) for route in routes if route.get("protocol") != "kernel"]
        return tuple(found)

    async def _ip(self, *commands: str) -> None:
        await self._processes.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", timeout=SECONDS)

    def _refusal(self, name: str, why: str) -> SunbeamError:
        return SunbeamError(
            f"The interface {name} cannot lead to the external network",
            where="network.external.interface",
            why=why,
            next_command=f"ip address show dev {name}",
            id="interface-unfit",
        )


def _addresses(shown: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{info['local']}/{info['prefixlen']}"
        for info in shown.get("addr_info", ())
        if info.get("scope") == "global"
    )


def _command(family: str, name: str, route: dict[str, Any]) -> str:
    words = {"via": "gateway", "proto": "protocol", "metric": "metric", "src": "prefsrc"}
    said = " ".join(f"{word} {route[key]}" for word, key in words.items() if key in route)
    onlink = " onlink" if "onlink" in route.get("flags", ()) else ""
    return f"{family} route replace {route['dst']} dev {name} {said}".strip() + onlink
