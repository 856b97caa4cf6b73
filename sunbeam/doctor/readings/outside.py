"""What this machine needs of others: names, the mirror, the time; and the cloud as its users see it."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sunbeam.checks.sources import proxy_in
from sunbeam.checks.web import head, proxy_for
from sunbeam.cluster.openstack import CLOUD, cloud_entry
from sunbeam.cluster.openstack_api import open_api
from sunbeam.cluster.probes import CloudHealth, probe_cloud
from sunbeam.core.file_text import text
from sunbeam.core.proxy import Proxy
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings.node import settings
from sunbeam.images.mirrors import apt_sources

SECONDS = 4.0


async def resolvers(look: Look) -> tuple[str, ...]:
    found = re.findall(r"^nameserver\s+(\S+)", text(look.paths.root / "etc/resolv.conf"), re.MULTILINE)
    return tuple(found)


async def mirror(look: Look) -> str:
    """The URL of what is read first from the mirror that images are built from; empty: none is told."""
    archives = apt_sources(look.paths.root)
    return f"{archives[0].folder}InRelease" if archives else ""


async def proxy(look: Look) -> str:
    """Through which the mirror is asked: apt's own, else this node's or the environment's; empty: none."""
    shown = (await look.run("apt-config", "dump", "Acquire", check=False)).stdout
    told = proxy_in(shown, Proxy.kept(look.paths) or Proxy.of_environment())
    return proxy_for(await look(mirror), told)


async def needed_name(look: Look) -> str:
    """The host that must be resolved to fetch packages: the proxy's if there is one; empty: none is named."""
    url = await look(proxy) or await look(mirror)
    host = urlsplit(url).hostname or ""
    return "" if re.fullmatch(r"[\d.]+|[\da-fA-F:]*:[\da-fA-F:]*", host) or host == "localhost" else host


@dataclass(frozen=True)
class Lookup:
    name: str
    addresses: tuple[str, ...]
    problem: str = ""


async def lookup(look: Look) -> Lookup | None:
    """A name, looked up as any program does, in a process that can be ended; None if none is needed."""
    name = await look(needed_name)
    if not name:
        return None
    try:
        ended = await look.processes.run(["getent", "ahosts", name], check=False, timeout=SECONDS)
    except TimeoutError:
        return Lookup(name, (), f"no answer within {SECONDS:g} s")
    addresses = tuple(dict.fromkeys(line.split()[0] for line in ended.stdout.splitlines()))
    return Lookup(name, addresses, "" if addresses else "the name is not known")


@dataclass(frozen=True)
class MirrorAnswer:
    """``date`` is the time the mirror has; ``problem`` is empty if it answered with the file."""

    url: str
    problem: str = ""
    date: datetime | None = None
    asked: datetime | None = None


async def mirror_answer(look: Look) -> MirrorAnswer | None:
    """Ask the mirror as apt does; None if there is none to ask over HTTP."""
    url = await look(mirror)
    if not url.startswith("http"):
        return None
    reply = await head(url, await look(proxy), look.processes, SECONDS)
    problem = reply.error or (f"HTTP {reply.status}" if reply.status >= 400 else "")
    date = datetime.fromtimestamp(reply.date, UTC) if reply.date else None
    return MirrorAnswer(url, problem, date, datetime.fromtimestamp(reply.at, UTC) if reply.at else None)


async def public_port(look: Look) -> str:
    """Why the public address cannot be connected to; empty if it can."""
    address = (await look(settings)).address
    try:
        async with asyncio.timeout(3):
            _, writer = await asyncio.open_connection(address, 443)
    except TimeoutError:
        return f"{address}:443 does not answer within 3 s"
    except OSError as error:
        return f"{address}:443: {os.strerror(error.errno) if error.errno else error}"
    writer.close()
    return ""


async def cloud(look: Look) -> CloudHealth:
    """Every API, asked as its users do.  Raises SunbeamError where there are no credentials yet."""
    node = await look(settings)
    return await probe_cloud(cloud_entry(look.paths), node.dashboard_url)


@dataclass(frozen=True)
class Agent:
    """An agent of Nova or Neutron on a host, and whether it was heard of lately."""

    name: str
    host: str
    alive: bool
    since: str


async def agents(look: Look) -> tuple[Agent, ...]:
    async with open_api(cloud_entry(look.paths, CLOUD)) as api:
        await api.log_in()
        endpoints = api.endpoints()
        if not {"compute", "network"} <= endpoints.keys():
            raise NotRead("the catalogue has no compute or network API yet")
        services, found = await asyncio.gather(
            api.get(f"{endpoints['compute']}/os-services"), api.get(f"{endpoints['network']}/v2.0/agents")
        )
    compute = [
        Agent(each["binary"], each["host"], each["state"] == "up", str(each["updated_at"]))
        for each in services["services"]
    ]
    network = [
        Agent(each["agent_type"], each["host"], bool(each["alive"]), str(each["heartbeat_timestamp"]))
        for each in found["agents"]
    ]
    return (*compute, *network)
