"""Packet filters: address translation works, and nobody else drops what pods and guests send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.core.errors import Problem

OWN_TABLE = "sunbeam"


@dataclass(frozen=True)
class Packets:
    """``programs`` are those installed; ``policy`` is that of iptables' FORWARD chain.

    ``dropping`` are nftables chains (``inet firewalld filter_FORWARD``) that drop what they do not know.
    """

    programs: tuple[str, ...] = ("nft", "iptables")
    nftables_nat: bool = True
    iptables_nat: bool = True
    policy: str = "ACCEPT"
    dropping: tuple[str, ...] = ()


async def packets(context: CheckContext) -> Packets:
    probe = context.probe
    nft, iptables, nftables_nat, iptables_nat, policy, chains = await asyncio.gather(
        probe.answer("nft", "--version"),
        probe.answer("iptables", "--version"),
        probe.nftables_nat(),
        probe.iptables_nat(),
        probe.forward_policy(),
        probe.output("nft", "-j", "list", "chains"),
    )
    programs = tuple(name for name, answer in (("nft", nft), ("iptables", iptables)) if answer)
    return Packets(programs, nftables_nat, iptables_nat, policy, dropping_chains(chains))


def dropping_chains(shown: str) -> tuple[str, ...]:
    """Chains of others that drop forwarded packets by default, in the output of ``nft -j list chains``.

    iptables' own FORWARD chain is told by its policy.
    """
    chains = [each["chain"] for each in json.loads(shown or "{}").get("nftables", ()) if "chain" in each]
    return tuple(
        f"{chain['family']} {chain['table']} {chain['name']}"
        for chain in chains
        if chain.get("hook") == "forward"
        and chain.get("policy") == "drop"
        and chain["table"] != OWN_TABLE
        and (chain["table"], chain["name"]) != ("filter", "FORWARD")
    )


def address_translation(seen: Packets, wanted: Wanted) -> Iterator[Problem]:
    """nftables or iptables translate addresses, tried in a namespace; bootstrap installs one if need be."""
    if seen.programs and not (seen.nftables_nat or seen.iptables_nat):
        yield Problem(
            "address translation does not work",
            where="nftables and iptables",
            why="pods and guests reach the outside through it; the kernel or both programs lack it",
            evidence=f"a masquerading rule was refused by {' and '.join(seen.programs)}",
            next_command="modprobe nf_nat",
            id="nat-missing",
        )


def forwarding(seen: Packets, wanted: Wanted) -> Iterator[Problem]:
    """No other packet filter drops what is forwarded to and from pods and guests."""
    if seen.policy == "DROP" and not seen.iptables_nat and "iptables" in seen.programs:
        yield Problem(
            "iptables drops forwarded packets",
            where="chain FORWARD",
            why="docker or a firewall set this policy, and rules of ours cannot be added to that chain",
            evidence="policy DROP; a rule tried in a namespace was refused",
            next_command="iptables -P FORWARD ACCEPT",
            id="forward-drop",
        )
    for chain in seen.dropping:
        yield Problem(
            "a firewall drops forwarded packets",
            where=chain,
            why="pods and guests may not be reached from outside, nor reach it",
            evidence=f"chain {chain}: policy drop",
            next_command=f"nft list chain {chain}",
            severity="warning",
            id="firewall-drops",
        )
