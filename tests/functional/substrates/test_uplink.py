"""A pair of virtual interfaces as the physical network: one end is this machine's, the other is outside."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.substrates.embedded.firewall import Nftables
from sunbeam.substrates.embedded.host_changes import HostChanges, TakenInterface
from sunbeam.substrates.embedded.network import Network
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.teardown import Teardown, TeardownFailed

from .conftest import PLAN, TABLE

OUTSIDE = "10.214.31.1"
VM = "10.214.31.40"


@dataclass
class Cable:
    """``name`` is this machine's end; the other one is ``out0`` in the namespace ``outside``."""

    name: str
    outside: str
    folder: Path

    def __post_init__(self) -> None:
        self.processes = SystemProcesses()
        self.changes = HostChanges(self.folder / "host-changes.json")

    async def ip(self, *words: str) -> str:
        return (await self.processes.run(["ip", *words], timeout=20)).stdout

    async def shown(self) -> dict[str, Any]:
        return dict(json.loads(await self.ip("-json", "address", "show", "dev", self.name))[0])

    async def addresses(self) -> list[str]:
        return [each["local"] for each in (await self.shown())["addr_info"] if each["scope"] == "global"]

    async def hears(self, namespace: str, address: str) -> str:
        """Who is seen to call when the outside connects to ``address`` in ``namespace``."""
        listen = f"import socket; print(socket.create_server(('{address}', 8080)).accept()[1][0], 'calls')"
        connect = f"import socket; socket.create_connection(('{address}', 8080), 5)"
        listening = asyncio.create_task(self.ip("netns", "exec", namespace, sys.executable, "-c", listen))
        for _ in range(50):
            words = ["ip", "netns", "exec", self.outside, sys.executable, "-c", connect]
            if (await self.processes.run(words, check=False, timeout=20)).returncode == 0:
                break
        return (await listening).strip()

    def network(self, *, uplink: str = "", lose_addresses: bool = False) -> Network:
        plan = replace(PLAN, uplink=uplink or self.name, lose_addresses=lose_addresses)
        return Network(self.processes, plan, Nftables(self.processes, TABLE), self.changes)

    def teardown(self) -> Teardown:
        paths = Paths(self.folder)
        firewalls = (Nftables(self.processes, TABLE),)
        return Teardown(self.processes, paths, Podman(self.processes, paths), PLAN, self.changes, firewalls)


@pytest_asyncio.fixture
async def cable(tmp_path: Path) -> AsyncIterator[Cable]:
    """Up, without an address, as the interface of a machine that has one to spare."""
    mark = uuid.uuid4().hex[:6]
    cable = Cable(f"sbt{mark}", f"sbtest-{mark}", tmp_path)
    await cable.ip("netns", "add", cable.outside)
    await cable.ip(*f"link add name {cable.name} type veth peer name out0 netns {cable.outside}".split())
    await cable.ip("link", "set", "dev", cable.name, "up")
    await cable.ip("-netns", cable.outside, "address", "add", f"{OUTSIDE}/24", "dev", "out0")
    await cable.ip("-netns", cable.outside, "link", "set", "dev", "out0", "up")
    yield cable
    await cable.teardown().run()
    await cable.processes.run(["ip", "netns", "delete", cable.outside], check=False, timeout=20)
    await cable.processes.run(["ip", "link", "delete", "dev", cable.name], check=False, timeout=20)


async def test_a_machine_on_the_external_network_is_reached_from_outside_without_translation(
    cable: Cable,
) -> None:
    network = cable.network()
    await network.start()
    assert (await cable.shown())["master"] == PLAN.external_bridge
    key = f"{cable.outside}-m"
    await network.attach_machine(key, "10.214.30.9")
    await cable.ip("-netns", key, "address", "add", f"{VM}/24", "dev", "ext0")
    assert await cable.hears(key, VM) == f"{OUTSIDE} calls"
    bridge = json.loads(await cable.ip("-json", "-4", "address", "show", "dev", PLAN.external_bridge))
    assert [info for each in bridge for info in each.get("addr_info", [])] == []
    rules = (await cable.processes.run(["nft", "list", "table", "ip", TABLE])).stdout
    assert str(PLAN.external) not in rules and str(PLAN.pods) in rules


async def test_starting_again_changes_nothing(cable: Cable) -> None:
    await cable.network().start()
    before = cable.changes.interface
    await cable.network().start()
    assert cable.changes.interface == before
    assert (await cable.shown())["master"] == PLAN.external_bridge


@pytest.mark.parametrize("up", [True, False])
async def test_teardown_gives_the_interface_back_as_it_was(cable: Cable, up: bool) -> None:
    await cable.ip("link", "set", "dev", cable.name, "up" if up else "down")
    await cable.network().start()
    await cable.teardown().run()
    shown = await cable.shown()
    assert "master" not in shown
    assert ("UP" in shown["flags"]) is up
    assert cable.changes.interface is None
    assert not Path(f"/sys/class/net/{PLAN.external_bridge}").exists()


async def test_addresses_are_not_lost_unless_somebody_said_so(
    cable: Cable, caplog: pytest.LogCaptureFixture
) -> None:
    await cable.ip("address", "add", "10.214.32.7/24", "dev", cable.name)
    await cable.network().start()
    assert "master" not in await cable.shown()
    assert await cable.addresses() == ["10.214.32.7"]
    assert "it has the addresses 10.214.32.7/24" in caplog.text
    assert cable.changes.interface is None


async def test_addresses_and_routes_that_may_be_lost_come_back(cable: Cable) -> None:
    await cable.ip("address", "add", "10.214.32.7/24", "dev", cable.name)
    await cable.ip("route", "add", "10.214.33.0/24", "via", "10.214.32.1", "dev", cable.name, "metric", "7")
    await cable.network(lose_addresses=True).start()
    assert await cable.addresses() == []
    await cable.network(lose_addresses=True)._uplink.release()
    assert await cable.addresses() == ["10.214.32.7"]
    routes = json.loads(await cable.ip("-json", "route", "show", "dev", cable.name))
    kept = [route for route in routes if route["dst"] == "10.214.33.0/24"]
    assert [(route["gateway"], route["metric"]) for route in kept] == [("10.214.32.1", 7)]
    assert cable.changes.interface is None


async def routes(cable: Cable) -> list[dict[str, Any]]:
    return list(json.loads(await cable.ip("-json", "-4", "route", "show", "dev", cable.name)))


async def test_gateways_outside_of_all_networks_come_back(cable: Cable) -> None:
    """As clouds give them: a network of one address, and a gateway that is on the link, or said to be."""
    ours, onlink, reached = "10.214.32.7/32", "172.31.214.1", "172.31.214.2"
    await cable.ip("address", "add", ours, "dev", cable.name)
    await cable.ip("route", "add", "10.214.33.0/24", "via", onlink, "dev", cable.name, "onlink")
    await cable.ip("route", "add", reached, "dev", cable.name, "scope", "link")
    await cable.ip("route", "add", "10.214.34.0/24", "via", reached, "dev", cable.name)
    before = await routes(cable)
    await cable.network(lose_addresses=True).start()
    assert await routes(cable) == []
    await cable.network(lose_addresses=True)._uplink.release()
    assert await routes(cable) == before
    assert cable.changes.interface is None


async def test_an_interface_whose_route_does_not_come_back_stays_on_record(cable: Cable) -> None:
    to = f"10.214.33.0/24 dev {cable.name} via 172.31.214.1"
    cable.changes.note_interface(TakenInterface(cable.name, True, (), (f"-4 route replace {to}",)))
    with pytest.raises(TeardownFailed, match="Routes of this machine did not come back") as refused:
        await cable.teardown().run()
    assert f"ip -4 route replace {to}: Error: Nexthop has invalid gateway" in refused.value.why
    assert cable.changes.interface is not None
    await cable.ip("route", "add", *to.split(), "onlink")
    await cable.teardown().run()
    assert cable.changes.interface is None


async def test_another_interface_takes_the_place_of_the_first(cable: Cable) -> None:
    await cable.network().start()
    second = f"{cable.name}b"
    await cable.ip(*f"link add name {second} type veth peer name out1 netns {cable.outside}".split())
    try:
        await cable.network(uplink=second).start()
        assert "master" not in await cable.shown()
        taken = cable.changes.interface
        assert taken is not None and taken.name == second
    finally:
        await cable.network()._uplink.release()
        await cable.ip("link", "delete", "dev", second)


async def test_an_interface_that_is_not_there_or_taken_by_another_bridge_is_left_alone(
    cable: Cable, caplog: pytest.LogCaptureFixture
) -> None:
    await cable.network(uplink="sbnosuch").start()
    assert "there is no such interface" in caplog.text
    bridge = f"{cable.name}r"
    await cable.ip("link", "add", "name", bridge, "type", "bridge")
    try:
        await cable.ip("link", "set", "dev", cable.name, "master", bridge)
        with pytest.raises(SunbeamError, match="cannot lead to the external network"):
            await cable.network()._uplink.take(cable.name, lose_addresses=True)
        assert (await cable.shown())["master"] == bridge
    finally:
        await cable.ip("link", "delete", "dev", bridge)
