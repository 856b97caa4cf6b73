"""The machine itself: who we are on it, what it runs, how large it is."""

from __future__ import annotations

import locale as locales
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import GIB, size
from sunbeam.core.errors import Problem
from sunbeam.core.file_text import text
from sunbeam.substrates.embedded.facts import Facts, program_answers

SUPPORTED = {"debian": ("12", "13"), "ubuntu": ("24.04",)}
SUPPORTED_NAMES = "Debian 12 and 13, Ubuntu 24.04"
PYTHON = ((3, 11), (3, 13))
PODMAN = (4, 3)
CORES = 2
MEMORY = 8 * GIB
MEMORY_TOLERANCE = GIB // 2
"""What firmware and kernel keep of a machine sold with that memory."""
MEMORY_AT_WORK = 4 * GIB
"""The idle control plane with its hypervisor, and room to build an image."""


async def machine(context: CheckContext) -> Facts:
    return context.machine


def root(facts: Facts, wanted: Wanted) -> Iterator[Problem]:
    """Sunbeam runs as root, who alone can make networks and containers of the host."""
    if facts.system.uid != 0:
        yield Problem(
            "not running as root",
            where="this machine",
            why="networks and containers of the host can be made by root only",
            evidence=f"user id {facts.system.uid}",
            next_command=f"sudo {wanted.again}",
            id="not-root",
        )


def distribution(facts: Facts, wanted: Wanted) -> Iterator[Problem]:
    """The distribution is one that we test: Debian 12 and 13, Ubuntu 24.04."""
    if facts.version not in SUPPORTED.get(facts.distribution, ()):
        name = facts.distribution_name or facts.distribution or "this distribution"
        yield Problem(
            f"{name} is not supported",
            where="/etc/os-release",
            why=f"supported are {SUPPORTED_NAMES}",
            evidence=f"ID={facts.distribution} VERSION_ID={facts.version}",
            next_command="use a machine with one of them",
            id="distribution-unsupported",
        )


def cores(facts: Facts, wanted: Wanted) -> Iterator[Problem]:
    """There are two processor cores or more; with one it takes longer."""
    if facts.system.cores < CORES:
        yield Problem(
            f"with {facts.system.cores} processor core everything takes about twice as long",
            where="this machine",
            why=f"the control plane and the building of its images use {CORES} or more",
            evidence=f"this process may run on {facts.system.cores}",
            next_command=f"go on and be patient, or give the machine {CORES} cores or more",
            severity="warning",
            id="cores-too-few",
        )


def memory(facts: Facts, wanted: Wanted) -> Iterator[Problem]:
    """8 GiB are built in (a part that firmware keeps is allowed for), and 4 GiB of them are not in use."""
    if facts.memory < MEMORY - MEMORY_TOLERANCE:
        yield Problem(
            f"{size(facts.memory)} of memory is too little",
            where="this machine",
            why=f"the control plane and one guest need {size(MEMORY)}",
            evidence=f"MemTotal {size(facts.memory)}, MemAvailable {size(facts.memory_available)}",
            next_command=f"give the machine {size(MEMORY)} or more, then: {wanted.again}",
            id="memory-too-little",
        )
    elif facts.memory_available < MEMORY_AT_WORK and not wanted.installed:
        yield Problem(
            f"only {size(facts.memory_available)} of memory are free",
            where="this machine",
            why=f"other programs use the rest; the cloud at rest needs {size(MEMORY_AT_WORK)}",
            evidence=f"MemTotal {size(facts.memory)}, MemAvailable {size(facts.memory_available)}",
            next_command="ps -eo rss,pid,args --sort=-rss",
            severity="warning",
            id="memory-in-use",
        )


def init(facts: Facts, wanted: Wanted) -> Iterator[Problem]:
    """With systemd as process 1 a cloud comes back by itself after a reboot."""
    if not facts.systemd:
        yield Problem(
            "systemd does not run this machine",
            where="process 1",
            why="after a reboot the cloud does not start by itself",
            evidence="/proc/1/comm is not systemd",
            next_command="after each reboot: sunbeam cluster start",
            severity="warning",
            id="no-systemd",
        )


async def python_version(context: CheckContext) -> tuple[int, int]:
    return sys.version_info[:2]


def python(version: tuple[int, int], wanted: Wanted) -> Iterator[Problem]:
    """Sunbeam runs on a Python that it is tested with: 3.11, 3.12 or 3.13."""
    oldest, newest = PYTHON
    if not oldest <= version <= newest:
        tested = f"{'.'.join(map(str, oldest))} to {'.'.join(map(str, newest))}"
        yield Problem(
            f"Python {'.'.join(map(str, version))} was not tested",
            where=sys.executable,
            why=f"tested are {tested}",
            evidence=sys.version.partition(" ")[0],
            next_command=f"run Sunbeam with Python {tested}",
            severity="warning",
            id="python-untested",
        )


async def programs(context: CheckContext) -> dict[str, str]:
    """Answers to ``--version`` by program; a text that starts with ``!`` is why there is none."""
    return await program_answers(context.probe)


def container_tools(answers: dict[str, str], wanted: Wanted) -> Iterator[Problem]:
    """Container and network tools that are installed do run; bootstrap installs those that are not."""
    for name, answer in answers.items():
        if answer.startswith("!"):
            yield Problem(
                f"{name} is installed but does not run",
                where=name,
                why="containers and networks are made with it",
                evidence=answer[1:],
                next_command=f"{name} --version",
                id="program-broken",
            )
    found = re.search(r"(\d+)\.(\d+)", answers.get("podman", ""))
    if found and (int(found[1]), int(found[2])) < PODMAN:
        yield Problem(
            f"podman {found[0]} is too old",
            where="podman",
            why=f"version {'.'.join(map(str, PODMAN))} or newer is needed",
            evidence=answers["podman"].strip(),
            next_command="apt-get install podman",
            id="podman-too-old",
        )


async def encoding(context: CheckContext) -> str:
    return locales.getencoding().lower().replace("-", "")


def locale(encoding: str, wanted: Wanted) -> Iterator[Problem]:
    """The terminal takes UTF-8."""
    if encoding != "utf8":
        yield Problem(
            "the locale is not UTF-8",
            where="LANG and LC_ALL",
            why="names and progress cannot be shown as they are",
            evidence=f"the encoding of this locale is {encoding}",
            next_command="export LC_ALL=C.UTF-8",
            severity="warning",
            id="locale-not-utf8",
        )


async def security_modules(context: CheckContext) -> tuple[bool, tuple[str, ...]]:
    """Whether SELinux enforces, and the enforced AppArmor profiles of programs that our containers run."""
    kernel = context.root / "sys"
    enforcing = text(kernel / "fs/selinux/enforce").strip() == "1"
    profiles = text(kernel / "kernel/security/apparmor/profiles").splitlines()
    enforced = [line.partition(" (")[0] for line in profiles if line.endswith("(enforce)")]
    return enforcing, tuple(name for name in enforced if Path(name).name in CONFINED)


CONFINED = (
    "mariadbd",
    "mysqld",
    "dnsmasq",
    "libvirtd",
    "virtqemud",
    "haproxy",
    "memcached",
    "ovn-controller",
)


def confinement(seen: tuple[bool, tuple[str, ...]], wanted: Wanted) -> Iterator[Problem]:
    """No security module of the host confines programs in our containers by their path."""
    enforcing, profiles = seen
    if enforcing:
        yield Problem(
            "SELinux enforces its policy",
            where="/sys/fs/selinux/enforce",
            why="it was not tested; it may forbid containers their folders",
            evidence="enforce is 1",
            next_command="setenforce 0",
            severity="warning",
            id="selinux-enforcing",
        )
    if profiles:
        yield Problem(
            "AppArmor confines programs by their path",
            where=", ".join(profiles),
            why="such a profile of the host may hold for the same program in a machine container",
            evidence=f"{len(profiles)} enforced",
            next_command=f"aa-complain {profiles[0]}",
            severity="warning",
            id="apparmor-profile",
        )
