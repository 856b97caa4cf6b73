"""What MariaDB, RabbitMQ and OVN tell of themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings.containers import container_log, containers, inside
from sunbeam.substrates.embedded.container_log import LogLine

MARIADB, RABBITMQ, HYPERVISOR = "mariadb/0", "rabbitmq/0", "hypervisor/0"
TLS = {HYPERVISOR: "/var/lib/openvswitch/pki", "ovn-central/0": "/etc/ovn", "neutron/0": "/etc/neutron/ovn"}
SQL = (
    "SELECT (SELECT variable_value FROM information_schema.global_status"
    " WHERE variable_name = 'THREADS_CONNECTED'),"
    " @@global.max_connections, @@global.read_only + 0"
)


@dataclass(frozen=True)
class Mariadb:
    connected: int
    limit: int
    read_only: bool


async def mariadb(look: Look) -> Mariadb:
    """root's own connection is let in when all others are taken."""
    connected, limit, read_only = (
        await inside(look, MARIADB, "mariadb", "--connect-timeout=3", "-BNe", SQL)
    ).split()
    return Mariadb(int(connected), int(limit), read_only != "0")


async def rabbitmq_alarms(look: Look) -> dict[str, str]:
    """Alarms that were set and not cleared: ``memory`` or ``disk``, with the line that says so."""
    found: dict[str, str] = {}
    for line in await unit_lines(look, RABBITMQ):
        if "[pebble]" in line.text and "listens on" in line.text:
            found.clear()
        said = re.search(r"(memory|disk)\b.*?alarm (set|cleared)", line.text, re.IGNORECASE)
        if said and said[2].lower() == "set":
            found[said[1].lower()] = line.text
        elif said:
            found.pop(said[1].lower(), None)
    return found


async def ovn_connection(look: Look) -> str:
    """Of ovn-controller to the southbound database: ``connected`` or ``not connected``."""
    script = (
        "exec ovn-appctl -t /run/ovn/ovn-controller.$(cat /run/ovn/ovn-controller.pid).ctl connection-status"
    )
    return (await inside(look, HYPERVISOR, "sh", "-c", script)).strip()


async def unit_lines(look: Look, unit: str) -> list[LogLine]:
    """The last lines of the container of a unit; none if it was never started."""
    found = next((each for each in await look(containers) if each.unit == unit), None)
    return await look(container_log, found.name) if found else []


async def ovn_certificates(look: Look) -> dict[str, tuple[str, str]]:
    """PEM certificate and authority of each end of OVN's databases, by unit."""
    found: dict[str, tuple[str, str]] = {}
    for unit, folder in TLS.items():
        try:
            certificate = await inside(look, unit, "cat", f"{folder}/certificate.pem")
            found[unit] = certificate, await inside(look, unit, "cat", f"{folder}/authority.pem")
        except NotRead:
            continue  # the rules on containers say why
    return found
