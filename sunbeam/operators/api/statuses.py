"""Statuses as clients see them: hook failures shown on the workload, application status from its units."""

from __future__ import annotations

from sunbeam.operators.entities import Application, Status, Unit
from sunbeam.operators.hooks import Hook

_SEVERITY = ("error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown")


def workload_status(unit: Unit) -> Status:
    """What the charm says, unless a hook failed or the substrate cannot run the unit."""
    if unit.error is not None:
        hook = Hook.model_validate(unit.error.hook)
        return Status(
            current="error",
            message=f'hook failed: "{hook.name or hook.action}"',
            since=unit.agent_status.since,
            data={"hook": hook.name, "attempts": unit.error.attempts, "retry-at": unit.error.retry_at},
        )
    if unit.problem and not unit.seen.installed:
        return unit.workload_status.model_copy(update={"current": "waiting", "message": unit.problem})
    return unit.workload_status


def agent_status(unit: Unit) -> Status:
    """As in Juju, the agent of a unit in error is idle: the error is shown on the workload."""
    if unit.error is not None and unit.agent_status.current == "error":
        return unit.agent_status.model_copy(update={"current": "idle", "message": ""})
    if unit.failed:
        return unit.agent_status.model_copy(update={"current": "failed", "message": unit.problem})
    if unit.problem:
        return unit.agent_status.model_copy(update={"message": unit.problem})
    return unit.agent_status


def application_status(application: Application, units: list[Unit]) -> Status:
    """What the leader set; without that, or with a unit in error, the worst status of the units."""
    shown = [workload_status(unit) for unit in units]
    if application.status.current != "unset" and not any(status.current == "error" for status in shown):
        return application.status
    ranked = sorted(shown, key=lambda status: _rank(status.current))
    return ranked[0] if ranked else Status(current="unknown", since=application.status.since)


def _rank(status: str) -> int:
    return _SEVERITY.index(status) if status in _SEVERITY else len(_SEVERITY)
