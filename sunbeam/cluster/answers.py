"""What a person said about this node, checked as a whole before anything is done with it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from ipaddress import IPv4Address, IPv4Network

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import UsageError
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.probes import Probe

LARGEST_PREFIX = 26
OPTIONS = {"address": "--address", "pods": "--pod-range", "external": "--external-range"}


def settle(
    paths: Paths, answers: Mapping[str, str | None], default_address: Callable[[], str]
) -> NodeSettings:
    """The node's settings: those it has, else ``answers`` and defaults for what is None.

    Raises UsageError naming every answer that cannot be, or that differs from what the node has.
    """
    given = {name: answer for name, answer in answers.items() if answer is not None}
    wrong = [line for name, answer in given.items() if (line := _problem(name, answer))]
    if not wrong and NodeSettings.exists(paths):
        settings = NodeSettings.read(paths)
        wrong = [
            f"{OPTIONS[name]}: the cloud was made with {asdict(settings)[name]}"
            for name, answer in given.items()
            if asdict(settings)[name] != answer
        ]
        if not wrong:
            return settings
    if wrong:
        raise UsageError(
            "These answers cannot be",
            where="the command line",
            why="\n".join(wrong),
            next_command="sunbeam cluster bootstrap --help",
        )
    defaults = NodeSettings(name=platform.node() or "node", address=given.get("address") or default_address())
    return replace(
        defaults,
        pods=given.get("pods", defaults.pods),
        external=given.get("external", defaults.external),
    )


async def default_address(processes: Processes) -> str:
    """This machine's address on its default route; loopback without one."""
    return (await network_facts.gather(Probe(processes))).address or "127.0.0.1"


def _problem(name: str, answer: str) -> str:
    try:
        if name == "address":
            IPv4Address(answer)
        elif IPv4Network(answer).prefixlen > LARGEST_PREFIX:
            return f"{OPTIONS[name]} {answer}: needs 64 addresses or more (/{LARGEST_PREFIX})"
    except ValueError as error:
        return f"{OPTIONS[name]}: {error}"
    return ""
