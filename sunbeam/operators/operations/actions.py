"""Actions: enqueued for units, run by their agents between hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunbeam.operators.entities import Action, Unit, now
from sunbeam.operators.operations.edit import ModelEdit, ModelView
from sunbeam.operators.operations.errors import BadRequest, NotFound

EXEC = "juju-exec"
_SEQUENCE = "task"
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


def new_operation(edit: ModelEdit) -> int:
    """Operations and their actions share one sequence of numbers, as in Juju."""
    return edit.next(_SEQUENCE) + 1


def enqueue(edit: ModelEdit, operation: int, unit: Unit, name: str, parameters: Mapping[str, Any]) -> Action:
    """Enqueue a charm's action with its defaults filled in.  Raises NotFound, BadRequest."""
    charm = edit.charm_of(edit.application(unit.application))
    if name not in charm.actions:
        raise NotFound(f'action "{name}" not defined on unit "{unit.name}"')
    return _enqueue(edit, operation, unit, name, _with_defaults(name, charm.actions[name], parameters))


def enqueue_exec(edit: ModelEdit, operation: int, unit: Unit, command: str, timeout: int) -> Action:
    """Enqueue a shell command; ``timeout`` is in nanoseconds as on the wire."""
    return _enqueue(edit, operation, unit, EXEC, {"command": command, "timeout": timeout})


def cancel(edit: ModelEdit, action: Action) -> None:
    """A pending action is cancelled at once; a running one is asked to abort."""
    if action.status == "pending":
        action.status, action.completed = "cancelled", now()
        action.message = "action cancelled via the API"
    elif action.status == "running":
        action.status = "aborting"
    edit.put(action)


def find_action(view: ModelView, id: str) -> Action:
    action = view.find(Action, id)
    if action is None:
        raise NotFound(f'action "{id}" not found')
    return action


def _enqueue(edit: ModelEdit, operation: int, unit: Unit, name: str, parameters: Mapping[str, Any]) -> Action:
    if unit.life != "alive":
        raise BadRequest(f'unit "{unit.name}" is being removed: it runs no more actions')
    action = Action(
        model_uuid=edit.model.model_uuid,
        number=edit.next(_SEQUENCE) + 1,
        operation=operation,
        unit=unit.name,
        name=name,
        parameters=dict(parameters),
    )
    edit.put(action)
    return action


def _with_defaults(name: str, spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    declared = spec.get("params") or {}
    if spec.get("additionalProperties") is False:
        unknown = sorted(set(given) - set(declared))
        if unknown:
            raise BadRequest(f'action "{name}" has no parameter {", ".join(map(repr, unknown))}')
    missing = sorted(set(spec.get("required") or []) - set(given))
    if missing:
        raise BadRequest(f'action "{name}" needs the parameter {", ".join(map(repr, missing))}')
    for parameter, value in given.items():
        _require_type(name, parameter, (declared.get(parameter) or {}).get("type"), value)
    defaults = {key: body["default"] for key, body in declared.items() if "default" in (body or {})}
    return {**defaults, **given}


def _require_type(action: str, parameter: str, kind: object, value: object) -> None:
    expected = _JSON_TYPES.get(kind) if isinstance(kind, str) else None
    is_flag_as_number = isinstance(value, bool) and kind in ("integer", "number")
    if expected is not None and (not isinstance(value, expected) or is_flag_as_number):
        raise BadRequest(f'action "{action}": parameter "{parameter}" must be of type {kind}, got {value!r}')
