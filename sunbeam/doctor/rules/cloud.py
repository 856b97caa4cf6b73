"""What is wrong with operators, their back ends, and the cloud as its users see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunbeam.core.traceback_text import last_words
from sunbeam.doctor.diagnosis import Diagnosis
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings import backends, containers, node, operators, outside
from sunbeam.operators.hooks import Hook

NEARLY_ALL = 0.95
WELL = ("active", "unknown")


async def mariadb_connections(look: Look) -> list[Diagnosis]:
    """With none left nobody is told anything, so that only a new start helps."""
    remedy = await _in_container(look, backends.MARIADB, "mariadb -e 'SHOW FULL PROCESSLIST'")
    try:
        seen = await look(backends.mariadb)
    except NotRead as error:
        if "Too many connections" not in str(error):
            raise
        found = next(each for each in await look(containers.containers) if each.unit == backends.MARIADB)
        evidence, remedy = str(error), f"kill {found.pid}"
    else:
        if seen.connected < seen.limit * NEARLY_ALL:
            return []
        evidence = f"Threads_connected = {seen.connected}, max_connections = {seen.limit}"
    return [Diagnosis("MariaDB has no connections left", evidence, remedy, about=backends.MARIADB)]


async def mariadb_read_only(look: Look) -> list[Diagnosis]:
    seen = await look(backends.mariadb) if await _exists(look, backends.MARIADB) else None
    if seen is None or not seen.read_only:
        return []
    return [
        Diagnosis(
            "MariaDB refuses to write: it is read-only",
            "@@global.read_only = 1",
            await _in_container(look, backends.MARIADB, "mariadb -e 'SET GLOBAL read_only = OFF'"),
            about=backends.MARIADB,
        )
    ]


async def rabbitmq_alarm(look: Look) -> list[Diagnosis]:
    remedies = {
        "memory": await _in_container(
            look, backends.RABBITMQ, "rabbitmqctl list_queues name messages memory"
        ),
        "disk": f"du -xh {look.paths.state} | sort -h | tail -n 20",
    }
    return [
        Diagnosis(
            f"RabbitMQ takes no messages: it has too little {kind}",
            line[:300],
            remedies[kind],
            about=backends.RABBITMQ,
        )
        for kind, line in (await look(backends.rabbitmq_alarms)).items()
    ]


async def ovn_disconnected(look: Look) -> list[Diagnosis]:
    if not await _exists(look, backends.HYPERVISOR):
        return []
    state = await look(backends.ovn_connection)
    if state == "connected":
        return []
    lines = [line.text for line in await look.known(backends.unit_lines, backends.HYPERVISOR) or []]
    said = [line for line in lines if "ovn-controller" in line and ("|WARN|" in line or "|ERR|" in line)]
    return [
        Diagnosis(
            "The hypervisor has no connection to OVN's southbound database: networks of VMs are not changed",
            f"ovn-controller: {state}" + (f"\n{said[-1][:300]}" if said else ""),
            "sunbeam debug log --unit ovn-central",
            about=backends.HYPERVISOR,
        )
    ]


async def hook_fails(look: Look) -> list[Diagnosis]:
    """With the charm's own exception."""
    return [
        Diagnosis(
            f"The charm of {unit.name} fails in its hook {_hook(unit.error.hook)}"
            f" ({_times(unit.error.attempts)})",
            last_words(unit.error.traceback) or "it printed nothing",
            f"sunbeam debug log --unit {unit.name} --level WARNING",
            about=unit.name,
            explains=("api-fails", "agent-dead", "change-unfinished"),
        )
        for unit in await look(operators.units)
        if unit.error is not None
    ]


def _times(attempts: int) -> str:
    return "once" if attempts == 1 else f"{attempts} times"


async def unit_waits(look: Look) -> list[Diagnosis]:
    """What its operator says, if it is neither active nor in a failed hook."""
    return [
        Diagnosis(
            f"{unit.name} is {unit.workload_status.current}",
            unit.problem or unit.workload_status.message or f"agent {unit.agent_status.current}",
            f"sunbeam debug log --unit {unit.name}",
            about=unit.name,
            explains=("api-fails", "agent-dead"),
        )
        for unit in await look(operators.units)
        if unit.error is None and (unit.failed or unit.workload_status.current not in WELL)
    ]


async def agent_dead(look: Look) -> list[Diagnosis]:
    if await look(node.change_lock) is not None or not (look.paths.etc / "clouds.yaml").exists():
        return []
    return [
        Diagnosis(
            f"{agent.name} on {agent.host} is not heard of",
            f"heard last {agent.since}",
            "sunbeam debug log --unit hypervisor",
            about=backends.HYPERVISOR,
        )
        for agent in await look(outside.agents)
        if not agent.alive
    ]


async def credentials_refused(look: Look) -> list[Diagnosis]:
    if not (look.paths.etc / "clouds.yaml").exists():
        return []
    refused = [
        api for api in (await look(outside.cloud)).apis if api.service == "identity" and "401" in api.problem
    ]
    return [
        Diagnosis(
            "Keystone refuses the administrator's password in clouds.yaml: it was changed since",
            f"{api.url}: {api.problem}",
            "sunbeam cluster bootstrap --accept-defaults",
        )
        for api in refused
    ]


async def api_fails(look: Look) -> list[Diagnosis]:
    """An API that does not answer as it should."""
    if not (look.paths.etc / "clouds.yaml").exists():
        return []
    return [
        Diagnosis(
            f"The API {api.service} does not answer as it should",
            f"{api.url}: {api.problem}",
            "sunbeam cluster status",
            about=_unit(api.url),
        )
        for api in (await look(outside.cloud)).apis
        if api.problem
    ]


def _unit(url: str) -> str:
    """The public URL ends in ``MODEL-APPLICATION`` before the API's own path."""
    application = url.split("/")[3].partition("-")[2] if url.count("/") > 2 else ""
    return f"{application}/0" if application else ""


async def _exists(look: Look, unit: str) -> bool:
    return any(each.unit == unit and each.pid for each in await look(containers.containers))


async def _in_container(look: Look, unit: str, command: str) -> str:
    found = next((each for each in await look(containers.containers) if each.unit == unit), None)
    return f"nsenter --target={found.pid} --all {command}" if found else "sunbeam juju status"


def _hook(fields: Mapping[str, Any]) -> str:
    return Hook.model_validate(fields).name
