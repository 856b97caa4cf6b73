"""status-set, status-get, application-version-set: they take effect at once."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Status, Unit
from sunbeam.operators.tools.arguments import Arguments, ToolError
from sunbeam.operators.tools.registry import tool

_SETTABLE = ("maintenance", "blocked", "waiting", "active")
_WORST_FIRST = ("error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown")


@tool("status-set", flags="application")
def status_set(context: HookContext, arguments: Arguments) -> str:
    word, message = arguments.word(0), " ".join(arguments.words[1:])
    if word not in _SETTABLE:
        raise ToolError(f'invalid status "{word}", expected one of {list(_SETTABLE)}')
    if arguments.flag("application"):
        _needs_leader(context, "setting application status")
        context.application.status = _status(context.application.status, word, message)
        changed: Any = context.application
    else:
        context.unit.workload_status = _status(context.unit.workload_status, word, message)
        changed = context.unit
    with context.store.transaction(durable=False) as tx:
        tx.put(changed)
    return ""


@tool("status-get", flags="application include-data", formatted=True)
def status_get(context: HookContext, arguments: Arguments) -> str:
    if arguments.flag("application"):
        _needs_leader(context, "finding application status")
        return arguments.render({"application-status": _application_status(context)})
    status = _with_data(context.unit.workload_status)
    return arguments.render(status if arguments.flag("include-data") else status["status"])


@tool("application-version-set")
def application_version_set(context: HookContext, arguments: Arguments) -> str:
    context.unit.workload_version = arguments.word(0)
    context.application.workload_version = arguments.word(0)
    with context.store.transaction(durable=False) as tx:
        tx.put(context.unit, context.application)
    return ""


def _status(before: Status, word: str, message: str) -> Status:
    """The new status; one that says the same keeps its ``since``."""
    if (before.current, before.message) == (word, message):
        return before
    return Status(current=word, message=message)


def _application_status(context: HookContext) -> dict[str, Any]:
    units = {
        unit.name: unit.workload_status
        for unit in context.store.all(Unit, context.unit.model_uuid)
        if unit.application == context.application.name
    }
    status = context.application.status
    if status.current == "unset":
        status = min(units.values(), key=_badness)
    return {**_with_data(status), "units": {name: _with_data(each) for name, each in units.items()}}


def _badness(status: Status) -> int:
    return _WORST_FIRST.index(status.current) if status.current in _WORST_FIRST else len(_WORST_FIRST)


def _with_data(status: Status) -> dict[str, Any]:
    return {"status": status.current, "message": status.message, "status-data": status.data}


def _needs_leader(context: HookContext, doing: str) -> None:
    if not context.is_leader:
        raise ToolError(f"{doing}: this unit is not the leader")
