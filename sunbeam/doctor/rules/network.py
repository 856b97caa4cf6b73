"""What is wrong with bridges, packet rules, names and ports of the cloud."""

from __future__ import annotations

from sunbeam.core.file_text import text
from sunbeam.doctor.diagnosis import Diagnosis
from sunbeam.doctor.look import Look
from sunbeam.doctor.readings import containers, network, node, outside

WHOLE_START = "sunbeam cluster stop && sunbeam cluster start"


async def networks_begun(look: Look) -> bool:
    """Whether sunbeamd made networks since boot: only then can something have taken them away."""
    return (look.paths.run / "pids").exists() and (look.paths.state / "runtime/hosts").exists()


async def bridge_gone(look: Look) -> list[Diagnosis]:
    if not await look(networks_begun):
        return []
    plan = (await look(node.settings)).network
    interfaces = await look(network.interfaces)
    restart = await look(node.restart_daemon)
    found = []
    for name, wanted in ((plan.pod_bridge, plan.pods), (plan.external_bridge, plan.external)):
        address = f"{wanted[1]}/{wanted.prefixlen}"
        bridge = interfaces.get(name)
        if bridge is None:
            found.append(
                Diagnosis(f"The bridge {name} is gone", f"ip link has no {name}", WHOLE_START, about=name)
            )
        elif not bridge.up:
            evidence = f"ip link: {name} is not UP"
            found.append(Diagnosis(f"The bridge {name} was taken down", evidence, restart, about=name))
        elif address not in map(str, bridge.addresses):
            has = ", ".join(map(str, bridge.addresses)) or "no address"
            evidence = f"{name} has {has} instead of {address}"
            found.append(Diagnosis(f"The bridge {name} lost its address", evidence, restart, about=name))
    return found


async def forwarding_off(look: Look) -> list[Diagnosis]:
    if not await look(networks_begun) or await look(network.ip_forward) == "1":
        return []
    return [
        Diagnosis(
            "This machine does not forward packets: pods and VMs reach nothing outside",
            "net.ipv4.ip_forward = 0",
            "echo 1 > /proc/sys/net/ipv4/ip_forward",
        )
    ]


async def firewall_flushed(look: Look) -> list[Diagnosis]:
    firewall = await look(network.firewall)
    if not await look(networks_begun) or firewall.nftables or firewall.iptables:
        return []
    return [
        Diagnosis(
            "The cloud's packet rules were removed: nobody reaches the APIs, and VMs reach nothing outside",
            "neither nftables has a table ip sunbeam, nor iptables a jump from FORWARD to SUNBEAM-FORWARD",
            await look(node.restart_daemon),
        )
    ]


async def forward_dropped(look: Look) -> list[Diagnosis]:
    """A table of ours cannot accept what another one drops."""
    firewall = await look(network.firewall)
    if not await look(networks_begun) or firewall.policy == "ACCEPT" or firewall.iptables:
        return []
    who = "; Docker's chains are there, which sets this policy" if firewall.docker else ""
    return [
        Diagnosis(
            "Another program drops all forwarded packets of this machine",
            f"iptables -S FORWARD: -P FORWARD {firewall.policy}{who}",
            await look(node.restart_daemon),
        )
    ]


async def hosts_altered(look: Look) -> list[Diagnosis]:
    """Its text differs from what the directory says, or containers see another file of that name."""
    if not await look(networks_begun):
        return []
    hosts = await look(network.hosts)
    if hosts.found != hosts.wanted:
        found = set((hosts.found or "").splitlines())
        wanted = set(hosts.wanted.splitlines())
        lines = [f"missing: {line}" for line in sorted(wanted - found)]
        lines += [f"not ours: {line}" for line in sorted(found - wanted)]
        evidence = f"{hosts.path}: {lines[0] if lines else 'its lines are in another order'}"
        return [
            Diagnosis(
                "The hosts file of pods was altered: units do not find each other",
                evidence,
                await look(node.restart_daemon),
            )
        ]
    strangers = [
        each.unit
        for each in await look(containers.containers)
        if each.pid and text(look.paths.root / f"proc/{each.pid}/root/etc/hosts") != hosts.wanted
    ]
    if not strangers:
        return []
    return [
        Diagnosis(
            "The hosts file of pods was replaced by another file: containers still see the old one",
            f"{hosts.path} is not what {', '.join(strangers[:3])} has as /etc/hosts",
            WHOLE_START,
        )
    ]


async def port_stolen(look: Look) -> list[Diagnosis]:
    names = await _port_names(look)
    return [
        Diagnosis(
            f"Port {each.port} of {names[each.port]} is taken by another program",
            f"{each.address}:{each.port} is held by process {each.pid}: {each.command or 'unknown'}",
            f"systemctl stop {each.unit}" if each.unit else f"kill {each.pid}" if each.pid else "ss -ltnp",
            about=names[each.port],
        )
        for each in await look(network.strangers)
    ]


async def _port_names(look: Look) -> dict[int, str]:
    settings = await look(node.settings)
    return {
        settings.api_port: "sunbeamd",
        settings.state_port: "sunbeamd",
        settings.etcd_port: "etcd",
        settings.etcd_peer_port: "etcd",
    }


async def ingress_unreachable(look: Look) -> list[Diagnosis]:
    """Only once the ingress was there."""
    there = {each.unit for each in await look(containers.containers)}
    if "ingress/0" not in there or not (problem := await look(outside.public_port)):
        return []
    return [
        Diagnosis(
            "The public address does not answer",
            problem,
            "sunbeam debug log --unit ingress",
            about="ingress/0",
        )
    ]
