"""Names: the machine's own, localhost, and those that a resolver answers for."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sunbeam.checks import web
from sunbeam.checks.check import CheckContext
from sunbeam.checks.sources import Needs, apt, needs
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import listed
from sunbeam.core.errors import Problem

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
LONGEST = 253
SLOW_SECONDS = 2.0
HOSTS = 3
OWN_NAME = "own-name"
LOCALHOST = "localhost"


async def host_name(context: CheckContext) -> str:
    return (context.root / "proc/sys/kernel/hostname").read_text().strip()


def valid_host_name(name: str, wanted: Wanted) -> Iterator[Problem]:
    """The host name is one by RFC 1123, and not localhost."""
    if name.partition(".")[0].lower() in ("localhost", "", "(none)"):
        yield Problem(
            f"this machine is called {name or 'nothing'}",
            where="/etc/hostname",
            why="machines of a cloud are told apart by their names",
            evidence=f"hostname {name}",
            next_command="hostnamectl set-hostname NAME",
            id="host-name-missing",
        )
    elif len(name) > LONGEST or not all(LABEL.fullmatch(label) for label in name.split(".")):
        yield Problem(
            f"{name} is not a valid host name",
            where="/etc/hostname",
            why="RFC 1123 allows letters, digits and dashes, up to 63 between dots",
            evidence=f"hostname {name}",
            next_command="hostnamectl set-hostname NAME",
            id="host-name-invalid",
        )


@dataclass(frozen=True)
class OwnNames:
    """Addresses that the machine's own name and localhost resolve to; None: the resolver hangs."""

    name: str
    own: tuple[str, ...] | None
    localhost: tuple[str, ...] | None


async def own_names(context: CheckContext) -> OwnNames:
    name = await host_name(context)
    own, localhost = await asyncio.gather(_resolved(context, name), _resolved(context, "localhost"))
    return OwnNames(name, own, localhost)


async def _resolved(context: CheckContext, name: str) -> tuple[str, ...] | None:
    try:
        return tuple(await web.addresses(name, context.processes, 4))
    except TimeoutError:
        return None


def own_name(names: OwnNames, wanted: Wanted) -> Iterator[Problem]:
    """The machine's own name resolves without asking anybody, and localhost is 127.0.0.1."""
    if not names.own:
        yield Problem(
            f"the machine's own name {names.name} does not resolve",
            where="/etc/hosts",
            why="programs such as sudo wait for a resolver each time",
            evidence=f"getent ahosts {names.name}: " + ("no answer" if names.own is None else "nothing"),
            next_command=f"echo 127.0.1.1 {names.name} >> /etc/hosts",
            severity="warning",
            id="own-name-unresolved",
            fix=OWN_NAME,
        )
    wrong = [each for each in names.localhost or () if each not in ("127.0.0.1", "::1")]
    if wrong or "127.0.0.1" not in (names.localhost or ()):
        seen = listed(wrong or names.localhost or ()) or (
            "no answer" if names.localhost is None else "nothing"
        )
        yield Problem(
            "localhost is not 127.0.0.1",
            where="/etc/hosts",
            why="services of this machine find each other there",
            evidence=f"getent ahosts localhost: {seen}",
            next_command="sensible-editor /etc/hosts",
            id="localhost-unresolved",
            fix="" if wrong else LOCALHOST,
        )


@dataclass(frozen=True)
class Resolved:
    """How a resolver did with ``host``: ``found`` addresses in ``seconds``; None: no answer."""

    host: str
    found: int | None
    seconds: float = 0.0


@dataclass(frozen=True)
class Dns:
    """``needed``: something is still to be fetched from those hosts."""

    servers: tuple[str, ...]
    answers: tuple[Resolved, ...]
    needed: bool = True


async def dns(context: CheckContext) -> Dns:
    """Asks for the names of the archives that apt is set up with."""
    found = await apt(context)
    direct = dict.fromkeys(source.host for source in found.without_proxy if source.has_name)
    answers = await asyncio.gather(*(_ask(context, host) for host in list(direct)[:HOSTS]))
    return Dns(context.machine.resolvers, tuple(answers), needs(context) != Needs(False, False))


async def _ask(context: CheckContext, host: str) -> Resolved:
    began = time.monotonic()
    try:
        found: int | None = len(await web.addresses(host, context.processes))
    except TimeoutError:
        found = None
    return Resolved(host, found, time.monotonic() - began)


def resolver(dns: Dns, wanted: Wanted) -> Iterator[Problem]:
    """A resolver is set up and knows the hosts of the package archives, within two seconds."""
    servers = f"nameservers: {listed(dns.servers) or 'none'}"
    failed = [answer for answer in dns.answers if not answer.found]
    slow = [answer for answer in dns.answers if answer.found and answer.seconds > SLOW_SECONDS]
    if failed:
        hangs = any(answer.found is None for answer in failed)
        yield Problem(
            "names are not resolved",
            where="/etc/resolv.conf",
            why="the resolver does not answer" if hangs else "the resolver does not know them",
            evidence=f"{listed([answer.host for answer in failed])}; {servers}",
            next_command=f"getent ahosts {failed[0].host}",
            severity="error" if dns.needed else "warning",
            id="dns-dead" if hangs else "dns-unknown-name",
        )
    elif slow:
        yield Problem(
            f"resolving a name takes {slow[0].seconds:.1f} s",
            where="/etc/resolv.conf",
            why="every download waits as long; often the first of several nameservers is dead",
            evidence=f"{slow[0].host}; {servers}",
            next_command="sensible-editor /etc/resolv.conf",
            severity="warning",
            id="dns-slow",
        )
