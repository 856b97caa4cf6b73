"""Asks every OpenStack API for something small that it must read from its database, and for the VMs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from sunbeam.cluster.openstack_api import ANSWER_SECONDS, OpenStackApi, open_api

PATHS = {
    "compute": "/flavors?limit=1",
    "identity": "/domains?limit=1",
    "image": "/v2/images?limit=1",
    "network": "/v2.0/networks?limit=1",
    "placement": "/resource_providers",
}
"""Service type -> what is asked; other services of the catalog are asked for their root."""

NO_ANSWER = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True)
class ApiHealth:
    """``milliseconds`` until its answer or failure; ``problem`` is empty if it answered as it should."""

    service: str
    url: str
    milliseconds: int
    problem: str = ""


@dataclass(frozen=True)
class Server:
    """A VM of any project; ``status`` is Nova's (ACTIVE, ERROR, ...)."""

    name: str
    project: str
    status: str
    addresses: tuple[str, ...]
    id: str


@dataclass(frozen=True)
class CloudHealth:
    """``servers`` is None where Nova or Keystone did not tell them."""

    apis: tuple[ApiHealth, ...]
    servers: tuple[Server, ...] | None


async def probe_cloud(
    entry: Mapping[str, Any], dashboard_url: str, seconds: float = ANSWER_SECONDS
) -> CloudHealth:
    """Ask Keystone for a token, then all others at once; takes at most two times ``seconds``."""
    async with open_api(entry, seconds) as api:
        token, dashboard = await asyncio.gather(
            _probe("identity", api.auth_url, api.log_in()),
            _probe("dashboard", dashboard_url, api.get(dashboard_url)),
        )
        if token.problem:
            return CloudHealth((token, dashboard), None)
        endpoints = api.endpoints()
        probes = [
            _probe(service, url, api.get(url + PATHS.get(service, "/"))) for service, url in endpoints.items()
        ]
        apis, servers = await asyncio.gather(asyncio.gather(*probes), _servers_or_none(api, endpoints))
        return CloudHealth((*apis, dashboard), servers)


async def _probe(service: str, url: str, question: Awaitable[Any]) -> ApiHealth:
    began = time.monotonic()
    problem = ""
    try:
        await question
    except NO_ANSWER as error:
        problem = _text(error)
    return ApiHealth(service, url, round((time.monotonic() - began) * 1000), problem)


def _text(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientResponseError):
        return f"HTTP {error.status} {error.message}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not trusted: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno or 0
        return f"cannot connect: {os.strerror(number) if number > 0 else error.os_error}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


async def _servers_or_none(api: OpenStackApi, endpoints: Mapping[str, str]) -> tuple[Server, ...] | None:
    if "compute" not in endpoints:
        return None
    try:
        return await servers(api, endpoints["compute"], endpoints["identity"])
    except NO_ANSWER:
        return None


async def servers(api: OpenStackApi, compute: str, identity: str) -> tuple[Server, ...]:
    """Every project's servers, all pages."""
    answer = await api.get(f"{identity}/projects")
    projects = {project["id"]: project["name"] for project in answer["projects"]}
    found: list[Server] = []
    page = f"{compute}/servers/detail?all_tenants=true"
    while page:
        answer = await api.get(page)
        found += [_server(server, projects) for server in answer["servers"]]
        links = answer.get("servers_links") or []
        page = next((str(link["href"]) for link in links if link["rel"] == "next"), "")
    return tuple(sorted(found, key=lambda server: (server.project, server.name)))


def _server(raw: Mapping[str, Any], projects: Mapping[str, str]) -> Server:
    addresses = [address["addr"] for network in raw["addresses"].values() for address in network]
    project = projects.get(raw["tenant_id"], raw["tenant_id"])
    return Server(raw["name"], project, raw["status"], tuple(addresses), raw["id"])
