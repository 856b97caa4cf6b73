"""Action: enqueueing actions and commands, and their results."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import NEVER, Entities, Entity, Json, Params, unit_in, unit_tag, untag
from sunbeam.operators.entities import Action, Unit
from sunbeam.operators.operations.actions import cancel, enqueue, enqueue_exec, find_action, new_operation
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import NotFound

_FINISHED = ("completed", "failed", "cancelled", "aborted")
_STATUS_ORDER = ("failed", "running", "aborting", "pending", "cancelled", "aborted", "completed")


class NewAction(Params):
    receiver: str
    name: str
    parameters: dict[str, Any] = {}


class EnqueueParams(Params):
    actions: list[NewAction]


class RunParams(Params):
    commands: str
    timeout: int = 0
    units: list[str] = []
    applications: list[str] = []


class OperationsParams(Params):
    applications: list[str] = []
    units: list[str] = []
    actions: list[str] = []
    status: list[str] = []
    limit: int = 50
    offset: int = 0


@method("Action.EnqueueOperation", "write")
def enqueue_operation(call: Call, params: EnqueueParams) -> Json:
    with call.edit() as edit:
        operation = new_operation(edit)

    def add(item: NewAction) -> Json:
        with call.edit() as edit:
            unit = _receiver(edit, item.receiver)
            return _json(enqueue(edit, operation, unit, item.name, item.parameters))

    actions = each(params.actions, add, "actions")
    return {"operation": f"operation-{operation}", **actions}


@method("Action.Run", "admin")
def run(call: Call, params: RunParams) -> Json:
    """Runs shell commands as root on units, so it takes an administrator of the model, as in Juju."""
    with call.edit() as edit:
        units = [edit.unit(name) for name in params.units]
        for application in params.applications:
            units += edit.units_of(edit.application(application).name)
        operation = new_operation(edit)
        actions = [
            enqueue_exec(edit, operation, unit, params.commands, params.timeout)
            for unit in {unit.name: unit for unit in units}.values()
        ]
    return {"operation": f"operation-{operation}", "actions": [_json(action) for action in actions]}


@method("Action.Actions", "read")
def actions(call: Call, params: Entities) -> Json:
    return each(params.entities, lambda entity: _json(find_action(call.view, untag(entity.tag, "action"))))


@method("Action.Cancel", "write")
def cancel_actions(call: Call, params: Entities) -> Json:
    def stop(entity: Entity) -> Json:
        with call.edit() as edit:
            action = find_action(edit, untag(entity.tag, "action"))
            cancel(edit, action)
        return _json(action)

    return each(params.entities, stop)


@method("Action.ApplicationsCharmsActions", "read")
def applications_charms_actions(call: Call, params: Entities) -> Json:
    def declared(entity: Entity) -> Json:
        application = call.view.application(untag(entity.tag, "application"))
        specs = call.view.charm_of(application).actions
        return {
            "application-tag": entity.tag,
            "actions": {
                name: {"description": spec.get("description", ""), "params": spec.get("params") or {}}
                for name, spec in specs.items()
            },
        }

    return each(params.entities, declared)


@method("Action.ListOperations", "read")
def list_operations(call: Call, params: OperationsParams) -> Json:
    """Newest first."""
    wanted = [action for action in call.view.all(Action) if _is_wanted(action, params)]
    numbers = sorted({action.operation for action in wanted}, reverse=True)
    shown = numbers[params.offset : params.offset + params.limit]
    return {
        "results": [_operation(call.view, number) for number in shown],
        "truncated": len(numbers) > params.offset + params.limit,
    }


@method("Action.Operations", "read")
def operations(call: Call, params: Entities) -> Json:
    def show(entity: Entity) -> Json:
        return _operation(call.view, int(untag(entity.tag, "operation")))

    return each(params.entities, show)


def _receiver(view: ModelView, receiver: str) -> Unit:
    """A unit's tag, or ``APPLICATION/leader``."""
    application, slash, which = receiver.partition("/")
    if slash and which == "leader":
        leader = view.application(application).leader
        if not leader:
            raise NotFound(f'could not determine leader for "{application}"')
        return view.unit(leader)
    return view.unit(unit_in(receiver))


def _is_wanted(action: Action, params: OperationsParams) -> bool:
    return (
        (not params.units or action.unit in params.units)
        and (not params.applications or action.unit.partition("/")[0] in params.applications)
        and (not params.actions or action.name in params.actions)
        and (not params.status or action.status in params.status)
    )


def _operation(view: ModelView, number: int) -> Json:
    members = [action for action in view.all(Action) if action.operation == number]
    if not members:
        raise NotFound(f'operation "{number}" not found')
    worst = min(members, key=lambda action: _STATUS_ORDER.index(action.status))
    finished = all(action.status in _FINISHED for action in members)
    return {
        "operation": f"operation-{number}",
        "summary": f"{members[0].name} run on {', '.join(action.unit for action in members)}",
        "status": worst.status,
        "enqueued": min(action.enqueued for action in members),
        "started": min((action.started for action in members if action.started), default=NEVER),
        "completed": max(action.completed for action in members) if finished else NEVER,
        "actions": [_json(action) for action in members],
    }


def _json(action: Action) -> Json:
    return {
        "action": {
            "tag": f"action-{action.id}",
            "receiver": unit_tag(action.unit),
            "name": action.name,
            "parameters": action.parameters,
        },
        "status": action.status,
        "message": action.message,
        "output": action.results,
        "log": action.log,
        "enqueued": action.enqueued,
        "started": action.started or NEVER,
        "completed": action.completed or NEVER,
    }
