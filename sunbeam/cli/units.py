"""Applications and units of a model as rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sunbeam.juju.status import ApplicationStatus, ModelStatus, UnitStatus


def unit_rows(status: ModelStatus) -> list[dict[str, Any]]:
    """One row per unit, subordinates after their principal, and one per application that has none.

    A star marks the leader, as in Juju's own client.
    """
    return [row for application in status.applications.values() for row in _rows(application)]


def _rows(application: ApplicationStatus) -> Iterator[dict[str, Any]]:
    if not application.units and not application.subordinate_to:
        state = application.state
        yield _row(application.name, state.current, "", "", state.message or "has no units")
    for unit in application.units.values():
        yield _unit(unit)
        yield from map(_unit, unit.subordinates.values())


def _unit(unit: UnitStatus) -> dict[str, Any]:
    message = unit.workload.message
    if unit.agent.message:
        message = f"({unit.agent.message}) {message}".strip()
    name = f"{unit.name}*" if unit.leader else unit.name
    return _row(name, unit.workload.current, unit.agent.current, unit.address, message)


def _row(unit: str, workload: str, agent: str, address: str, message: str) -> dict[str, Any]:
    return {"unit": unit, "workload": workload, "agent": agent, "address": address, "message": message}
