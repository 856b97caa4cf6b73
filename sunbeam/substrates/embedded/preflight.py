"""Problems that would stop a cloud on this machine, from facts alone."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.facts import Facts
from sunbeam.substrates.embedded.network import NetworkPlan

GIB = 1024**3
SUPPORTED = {"debian": ("12", "13"), "ubuntu": ("24.04",)}
SUPPORTED_NAMES = "Debian 12 and 13, Ubuntu 24.04"
CORES = 2
MEMORY = 8 * GIB
MEMORY_TOLERANCE = GIB // 2
"""What firmware and kernel keep of a machine sold with that memory."""
DISK = 20 * GIB
PORTS = {443: "the dashboard and the APIs", 80: "the redirect to port 443", 17070: "the Juju API"}
NEEDED = {"podman": "podman", "conmon": "conmon", "ip": "iproute2"}
PRIVATE = (IPv4Network("10.77.0.0/16"), IPv4Network("172.28.0.0/14"), IPv4Network("192.168.0.0/16"))
AGAIN = "sunbeam cluster bootstrap"


def problems(facts: Facts, plan: NetworkPlan, *, installed: bool = False) -> list[Problem]:
    """All of them, so that a person meets them at once.

    ``installed``: a deployment of ours is known on this machine, whose ports, networks and disk space
    are then no obstacle.
    """
    found = [*_machine(facts), *_containers(facts), *_networks(facts, plan)]
    if not installed:
        found += [*_space(facts), *_ports(facts), *_leftovers(facts)]
    return found


def _machine(facts: Facts) -> Iterator[Problem]:
    if facts.system.uid != 0:
        yield Problem(
            "not running as root",
            where="this machine",
            why="networks and containers of the host can be made by root only",
            next_command=f"sudo {AGAIN}",
        )
    if facts.version not in SUPPORTED.get(facts.distribution, ()):
        name = facts.distribution_name or facts.distribution or "this distribution"
        yield Problem(
            f"{name} is not supported",
            where="/etc/os-release",
            why=f"supported are {SUPPORTED_NAMES}",
            next_command="use a machine with one of them",
        )
    if facts.system.cores < CORES:
        yield Problem(
            f"{facts.system.cores} processor core is too little",
            where="this machine",
            why=f"the control plane needs {CORES}",
            next_command=f"give the machine {CORES} cores or more, then: {AGAIN}",
        )
    if facts.memory < MEMORY - MEMORY_TOLERANCE:
        yield Problem(
            f"{_gib(facts.memory)} of memory is too little",
            where="this machine",
            why=f"the control plane and one guest need {_gib(MEMORY)}",
            next_command=f"give the machine {_gib(MEMORY)} or more, then: {AGAIN}",
        )


def _space(facts: Facts) -> Iterator[Problem]:
    if facts.system.disk_free < DISK:
        yield Problem(
            f"{_gib(facts.system.disk_free)} of free disk space is too little",
            where="/var/lib/sunbeam",
            why=f"images and databases need {_gib(DISK)}",
            next_command="df -h /var/lib",
        )


def _containers(facts: Facts) -> Iterator[Problem]:
    missing = [package for program, package in NEEDED.items() if not facts.programs.get(program)]
    if not facts.container_runtime:
        missing.append("runc")
    if missing:
        hybrid = facts.cgroups != "v2" and "runc" in missing
        yield Problem(
            f"missing: {', '.join(missing)}",
            where="this machine",
            why="containers need them" + (f" (crun does not work with cgroups {facts.cgroups})" * hybrid),
            next_command=f"apt-get install {' '.join(missing)}",
        )
    if facts.cgroups == "none":
        yield Problem(
            "no cgroups",
            where="/sys/fs/cgroup",
            why="containers cannot be made without them",
            next_command="mount -t cgroup2 cgroup2 /sys/fs/cgroup",
        )
    elif not facts.cgroups_writable:
        yield Problem(
            "the cgroup tree is read-only",
            where="/sys/fs/cgroup",
            why="the machine is itself a container that may not make containers",
            next_command='for c in /sys/fs/cgroup/*/; do mount -o remount,rw,bind "$c"; done',
        )
    if not facts.tun:
        yield Problem(
            "no TUN device",
            where="/dev/net/tun",
            why="guests get their network through it",
            next_command="modprobe tun",
        )


def _networks(facts: Facts, plan: NetworkPlan) -> Iterator[Problem]:
    own = (plan.pod_bridge, plan.external_bridge)
    for word, network, other in (("pod", plan.pods, plan.external), ("external", plan.external, plan.pods)):
        taken = facts.in_use(network, own)
        if taken:
            yield _taken_range(word, network, taken, _free_range(facts, own, other))
    if plan.pods.overlaps(plan.external):
        proposed = _free_range(facts, own, plan.external)
        yield _taken_range("pod", plan.pods, f"{plan.external}, the external range", proposed)
    if not (facts.nftables_nat or facts.iptables_nat):
        yield Problem(
            "address translation does not work",
            where="nftables and iptables",
            why="pods and guests reach the outside through it; the kernel or both programs lack it",
            next_command="apt-get install nftables iptables",
        )
    if not facts.network.interface:
        yield Problem(
            "no default route",
            where="ip route",
            why="packages could not be fetched, and guests could not reach anything outside",
            next_command="ip route",
            severity="warning",
        )


def _taken_range(word: str, network: IPv4Network, taken: str, proposed: str) -> Problem:
    return Problem(
        f"the {word} range {network} is in use",
        where=taken,
        why="packets could not be told apart",
        next_command=f"{AGAIN} --{word}-range {proposed}",
    )


def _free_range(facts: Facts, own: tuple[str, ...], other: IPv4Network) -> str:
    """A range of private addresses that neither this machine nor the ``other`` range uses."""
    for private in PRIVATE:
        for candidate in private.subnets(new_prefix=24):
            if not candidate.overlaps(other) and not facts.in_use(candidate, own):
                return str(candidate)
    return "RANGE"


def _ports(facts: Facts) -> Iterator[Problem]:
    for port, purpose in PORTS.items():
        taken = facts.listener(port)
        if taken is not None:
            who = f"{taken.program} (process {taken.pid})" if taken.program else "another program"
            yield Problem(
                f"port {port} is taken",
                where=f"{taken.address}:{port}",
                why=f"{who} listens on it; it is needed for {purpose}",
                next_command=f"ss -ltnp sport = :{port}",
            )


def _leftovers(facts: Facts) -> Iterator[Problem]:
    if facts.leftovers:
        yield Problem(
            "an earlier installation left things behind",
            where=", ".join(facts.leftovers),
            why="no deployment is known on this machine",
            next_command="sunbeam cluster destroy",
        )


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB".replace(".0 ", " ")
