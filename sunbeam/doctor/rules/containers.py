"""What is wrong with containers, their images and the services in them."""

from __future__ import annotations

import re
from datetime import UTC, timedelta

from sunbeam.core.status import TaskStatus
from sunbeam.doctor.diagnosis import Diagnosis
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings import containers, node, operators
from sunbeam.doctor.readings.backends import unit_lines
from sunbeam.substrates.embedded.container_log import last_errors

LOOP_TIME = timedelta(minutes=10)
LOOP_STARTS = 3
STEADY = timedelta(seconds=40)
"""A container that has run so long does not end again and again any more."""
MISSING_IMAGE = re.compile(r"image localhost/sunbeam/([\w-]+):\S+ is being built")
BACKENDS = {
    "mariadb/0": ("hook-fails", "unit-waits", "service-down", "check-fails", "api-fails", "agent-dead"),
    "rabbitmq/0": ("hook-fails", "unit-waits", "check-fails", "api-fails", "agent-dead"),
    "keystone/0": ("hook-fails", "unit-waits", "api-fails", "agent-dead"),
    "memcached/0": ("api-fails",),
    "ovn-central/0": (
        "ovn-disconnected",
        "hook-fails",
        "unit-waits",
        "check-fails",
        "api-fails",
        "agent-dead",
    ),
    "ingress/0": ("ingress-unreachable", "api-fails"),
    "neutron/0": ("api-fails", "agent-dead"),
    "nova/0": ("api-fails", "agent-dead"),
    "hypervisor/0": ("ovn-disconnected", "agent-dead"),
}
"""Rules whose findings follow when a unit is down, whatever unit they are about."""
EFFECTS = {
    "nova-compute": "VMs are neither started nor changed",
    "libvirtd": "VMs are neither started nor changed",
    "virtlogd": "VMs are not started",
    "neutron-ovn-metadata-agent": "VMs get no metadata",
    "ovn-controller": "networks of VMs are not set up",
    "ovs-vswitchd": "VMs have no network",
    "ovsdb-server": "VMs have no network",
    "nova-scheduler": "VMs get no host",
    "nova-conductor": "VMs are not started",
    "nova-novncproxy": "consoles do not open",
    "nova-metadata": "VMs get no metadata",
}


async def podman_broken(look: Look) -> list[Diagnosis]:
    if not await look(node.is_node):
        return []
    try:
        await look(containers.podman_state)
    except NotRead as error:
        if error.__cause__ is None:
            raise
        settings = await look(containers.podman_environment)
        shell = " ".join(f"{name}={value}" for name, value in settings.items())
        return [Diagnosis("podman does not work", str(error), f"{shell} podman ps")]
    return []


async def image_build_failed(look: Look) -> list[Diagnosis]:
    """With the package manager's own words."""
    failed = [
        task
        for change in await look(node.unfinished)
        for task in change.tasks
        if task.id.startswith("image-") and task.status is TaskStatus.FAILED and task.error
    ]
    return [
        Diagnosis(
            f"The image {task.id.removeprefix('image-')} could not be built",
            _why(task.error),
            f"sunbeam image build {task.id.removeprefix('image-')}",
            about=task.id.removeprefix("image-"),
        )
        for task in failed
    ]


def _why(error: str) -> str:
    """The reason of a SunbeamError's text."""
    text = error.partition("\n  why: ")[2].partition("\n  next: ")[0] or error
    return "\n".join(line.strip() for line in text.splitlines()[-5:])


async def image_missing(look: Look) -> list[Diagnosis]:
    """A pod waits for an image that nobody builds."""
    if await look(node.change_lock) is not None:
        return []
    found = {}
    for unit in await look(operators.units):
        if missing := MISSING_IMAGE.search(unit.problem):
            found[missing[1]] = unit
    return [
        Diagnosis(
            f"The image {name} that {unit.name} needs is not there",
            f"podman images has no {_reference(unit.problem)}",
            f"sunbeam image build {name}",
            about=unit.name,
        )
        for name, unit in found.items()
    ]


def _reference(problem: str) -> str:
    return next(word for word in problem.split() if word.startswith("localhost/"))


async def container_down(look: Look) -> list[Diagnosis]:
    """It does not run, or was started again and again."""
    if not await look(node.is_node):
        return []
    now = look.clock.now().astimezone(UTC)
    problems = {unit.name: unit.problem for unit in await look.known(operators.units) or ()}
    found = []
    for each in await look(containers.containers):
        starts = [
            moment
            for moment in await look.known(containers.started_at, each.name) or ()
            if now - moment < LOOP_TIME
        ]
        looping = len(starts) >= LOOP_STARTS and (not each.pid or now - starts[-1] < STEADY)
        if each.pid and not looping:
            continue
        cause = (
            f"The container of {each.unit} ends again and again"
            if looping
            else f"The container of {each.unit} does not run"
        )
        counted = f"{len(starts)} starts in {LOOP_TIME.seconds // 60} minutes; " if looping else ""
        evidence = problems.get(each.unit) or await _last_words(look, each.unit) or "it logged nothing"
        found.append(
            Diagnosis(
                cause,
                counted + evidence,
                f"tail -n 50 {look.paths.logs}/containers/{each.name}.log",
                about=each.unit,
                explains=BACKENDS.get(each.unit, ()),
            )
        )
    return found


async def service_down(look: Look) -> list[Diagnosis]:
    """A service that Pebble ought to keep running is not, with its last lines."""
    found = []
    for container, services in (await look(containers.all_services)).items():
        log = f"{look.paths.logs}/containers/{container.name}.log"
        for each in services:
            if not each.enabled or each.current == "active":
                continue
            effect = f": {EFFECTS[each.name]}" if each.name in EFFECTS else ""
            how = "ends again and again" if each.current == "backoff" else "does not run"
            found.append(
                Diagnosis(
                    f"{each.name} of {container.unit} {how}{effect}",
                    await _last_words(look, container.unit, each.name) or f"Pebble says {each.current}",
                    f"grep -F '[{each.name}]' {log} | tail -n 50",
                    about=container.unit,
                    explains=BACKENDS.get(container.unit, ()),
                )
            )
    return found


async def check_fails(look: Look) -> list[Diagnosis]:
    """The service runs, but does not answer as it should."""
    found = []
    for container in await look(containers.all_services):
        for name, failures in (await look.known(containers.checks, container.name) or {}).items():
            found.append(
                Diagnosis(
                    f"{container.unit} does not answer its check {name}",
                    f"{failures} failures in a row; {await _last_words(look, container.unit)}",
                    f"sunbeam debug log --unit {container.unit}",
                    about=container.unit,
                    explains=BACKENDS.get(container.unit, ()),
                )
            )
    return found


async def _last_words(look: Look, unit: str, service: str = "") -> str:
    """The last error it (or one of its services) logged, with the line before; else the last two lines.

    How Pebble saw it end comes after it.
    """
    lines = [line.text for line in await look.known(unit_lines, unit) or []]
    own = [line.partition("] ")[2] for line in lines if f"[{service}]" in line] if service else lines
    ended = [
        line.partition("[pebble] ")[2] for line in lines if f'"{service}"' in line and "[pebble]" in line
    ]
    words = last_errors(own) + ended[-1:]
    return "\n".join(word[:300] for word in words)
