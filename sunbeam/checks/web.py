"""Asking a web server for nothing but its headers, through a proxy where one is set; bounded in time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sunbeam.core.proxy import Proxy

if TYPE_CHECKING:
    from sunbeam.core.process import Processes

SECONDS = 6.0


@dataclass(frozen=True)
class Reply:
    """``date``: the server's clock in POSIX seconds (0: not told), ``at``: ours then; ``error``: why none."""

    url: str
    status: int = 0
    date: float = 0.0
    at: float = 0.0
    error: str = ""


def proxy_for(url: str, proxy: Proxy) -> str:
    """The URL of the proxy that ``url`` is fetched through; empty: none."""
    parts = urlsplit(url)
    patterns = [word.strip() for word in proxy.no_proxy.split(",") if word.strip()]
    if any(_fits(parts.hostname or "", pattern) for pattern in patterns):
        return ""
    return proxy.https if parts.scheme == "https" else proxy.http


def _fits(host: str, pattern: str) -> bool:
    """``*``, a name and all below it, an address, or a range of addresses."""
    name = pattern.lstrip(".*").lower()
    if pattern == "*" or host.lower() == name or host.lower().endswith(f".{name}"):
        return True
    try:
        return ip_address(host) in ip_network(pattern)
    except ValueError:
        return False


async def head(url: str, proxy: str, processes: Processes, seconds: float = SECONDS) -> Reply:
    """The answer to a HEAD request; never raises for what the network does."""
    import aiohttp

    connector = aiohttp.TCPConnector(resolver=_resolver(processes), ssl=ssl.create_default_context())
    began = time.time()
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(connector=connector, headers={"Cache-Control": "no-cache"}) as session,
            session.head(url, proxy=proxy or None, allow_redirects=True) as answer,
        ):
            at = (began + time.time()) / 2
            return Reply(url, answer.status, _date(answer.headers), at)
    except TimeoutError:
        return Reply(url, error=f"no answer within {seconds:.0f} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Reply(url, error=str(error) or type(error).__name__)


def _date(headers: Mapping[str, str]) -> float:
    """The Date header; a cache says in Age how old the answer is that it keeps."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp() + int(headers.get("Age", "0"))
    except (KeyError, ValueError, TypeError):
        return 0.0


async def addresses(host: str, processes: Processes, seconds: float = SECONDS) -> list[str]:
    """IP addresses as programs of this machine find them.

    In a program that can be ended: the C library's own look-up of a name blocks for as long as it likes.
    Raises TimeoutError.
    """
    try:
        found = await processes.run(["getent", "ahosts", host], check=False, timeout=seconds)
    except FileNotFoundError:
        return []
    return list(dict.fromkeys(line.split()[0] for line in found.stdout.splitlines() if line.split()))


def _resolver(processes: Processes) -> Any:
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Resolver(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            try:
                found = await addresses(host, processes)
            except TimeoutError as error:
                raise OSError(f"the name {host} is not resolved: no answer of the resolver") from error
            if not found:
                raise OSError(f"the name {host} is not resolved")
            return [
                ResolveResult(
                    hostname=host, host=address, port=port, proto=0, flags=0,
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                )
                for address in found
            ]  # fmt: skip

        async def close(self) -> None:
            return None

    return Resolver()
