"""A machine on which every check is content, and small changes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import GIB
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.facts import Facts, System
from sunbeam.substrates.embedded.network_facts import NetworkFacts, Range

WANTED = Wanted()
INSTALLED = Wanted(installed=True)
GOOD = Facts(
    system=System(uid=0, cores=2),
    distribution="debian",
    version="13",
    distribution_name="Debian GNU/Linux 13 (trixie)",
    codename="trixie",
    systemd=True,
    cgroups="v2",
    cgroups_writable=True,
    tun=True,
    memory=8 * GIB,
    memory_available=7 * GIB,
)
NETWORK = NetworkFacts(
    interface="eth0",
    address="192.0.2.7",
    gateway="192.0.2.1",
    ranges=(Range(IPv4Network("192.0.2.0/24"), "eth0"),),
    addresses=("127.0.0.1", "192.0.2.7", "192.0.2.8"),
)
SMALL = replace(GOOD, memory=4 * GIB)


def ids(judge: Callable[[Any, Wanted], Iterable[Problem]], seen: Any, wanted: Wanted = WANTED) -> list[str]:
    """What is found, each with all that a person needs to go on."""
    found = list(judge(seen, wanted))
    for problem in found:
        assert problem.what and problem.where and problem.why and problem.next_command and problem.id
    return [problem.id for problem in found]
