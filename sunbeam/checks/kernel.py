"""What containers and guests need of the kernel, tried rather than guessed where a try leaves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.facts import Facts

NAMESPACES = ("mount", "pid", "net", "ipc", "uts")
LAYERS = (
    "mount -n -t tmpfs probe /tmp && mkdir /tmp/l /tmp/u /tmp/w /tmp/m"
    " && mount -n -t overlay -o lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w probe /tmp/m"
    " && : > /tmp/m/file"
)
"""Run in a mount namespace of its own, which takes all of it away."""
MODULES = ("tun", "overlay")
LOAD_MODULES = "load-modules"


def cgroups(facts: Facts, wanted: Wanted) -> Iterator[Problem]:
    """Containers can be given cgroups of their own."""
    if facts.cgroups == "none":
        yield Problem(
            "no cgroups",
            where="/sys/fs/cgroup",
            why="containers cannot be made without them",
            evidence="no file system of type cgroup or cgroup2 is mounted",
            next_command="mount -t cgroup2 cgroup2 /sys/fs/cgroup",
            id="cgroups-missing",
        )
    elif not facts.cgroups_writable:
        yield Problem(
            "the cgroup tree is read-only",
            where="/sys/fs/cgroup",
            why="the machine is itself a container that may not make containers",
            evidence=f"cgroups {facts.cgroups}, mounted ro",
            next_command='for c in /sys/fs/cgroup/*/; do mount -o remount,rw,bind "$c"; done',
            id="cgroups-read-only",
        )


@dataclass(frozen=True)
class Features:
    """``loadable``: kernel modules of ours that are not there yet and that modprobe would find."""

    tun: bool = True
    overlay: bool = True
    namespaces: bool = True
    loadable: tuple[str, ...] = ()


async def features(context: CheckContext) -> Features:
    probe = context.probe
    flags = [f"--{name}" for name in NAMESPACES]
    overlay, namespaces, *loadable = await asyncio.gather(
        probe.succeeds("unshare", "--mount", "sh", "-c", LAYERS),
        probe.succeeds("unshare", "--fork", *flags, "true"),
        *(probe.succeeds("modprobe", "--dry-run", "--quiet", name) for name in MODULES),
    )
    names = tuple(name for name, found in zip(MODULES, loadable, strict=True) if found)
    return Features(context.machine.tun, overlay, namespaces, names)


def tun(features: Features, wanted: Wanted) -> Iterator[Problem]:
    """Guests get their network through a TUN device."""
    if not features.tun:
        loadable = "tun" in features.loadable
        yield Problem(
            "no TUN device",
            where="/dev/net/tun",
            why="guests get their network through it",
            evidence="/dev/net/tun is not there; module tun "
            + ("can be loaded" if loadable else "is missing"),
            next_command="modprobe tun",
            id="tun-missing",
            fix=LOAD_MODULES if loadable else "",
        )


def overlay(features: Features, wanted: Wanted) -> Iterator[Problem]:
    """The kernel makes overlay file systems, of which containers are made."""
    if not features.overlay:
        loadable = "overlay" in features.loadable
        yield Problem(
            "overlay file systems do not work",
            where="the kernel",
            why="a container's root is one",
            evidence="mounting one in a namespace failed; module overlay "
            + ("can be loaded" if loadable else "is missing"),
            next_command="modprobe overlay",
            id="overlay-missing",
            fix=LOAD_MODULES if loadable else "",
        )


def namespaces(features: Features, wanted: Wanted) -> Iterator[Problem]:
    """Mount, process, network, IPC and UTS namespaces can be made."""
    if not features.namespaces:
        yield Problem(
            "namespaces cannot be made",
            where="the kernel",
            why="pods are made of them; this machine is itself a container without that right",
            evidence=f"unshare of {', '.join(NAMESPACES)} failed",
            next_command="use a machine, or a container that may do so",
            id="namespaces-missing",
        )
