"""config-get, is-leader, goal-state, juju-log, resource-get, credential-get, juju-reboot."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.charm_metadata import effective_config
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Relation, Unit
from sunbeam.operators.tools.arguments import Arguments, ToolError
from sunbeam.operators.tools.registry import tool


@tool("config-get", flags="a|all", formatted=True)
def config_get(context: HookContext, arguments: Arguments) -> str:
    config = effective_config(context.charm, context.application)
    return arguments.render(config.get(arguments.words[0]) if arguments.words else config)


@tool("is-leader", formatted=True)
def is_leader(context: HookContext, arguments: Arguments) -> str:
    return arguments.render(context.is_leader)


@tool("juju-log", flags="debug", options="l|log-level", formatted=True)
def juju_log(context: HookContext, arguments: Arguments) -> str:
    level = "DEBUG" if arguments.flag("debug") else arguments.text("log-level", "INFO").upper()
    unit = context.unit
    tag = f"unit-{unit.name.replace('/', '-')}"
    message = " ".join(arguments.words)
    if level in ("ERROR", "CRITICAL"):
        context.logged_errors.append(message)  # ops logs the traceback of a failing charm
    context.store.log(unit.model_uuid, tag, level, f"unit.{unit.name}.juju-log", message)
    return ""


@tool("goal-state", formatted=True)
def goal_state(context: HookContext, arguments: Arguments) -> str:
    """Units of the application and of those it is related to, whether they have joined yet or not."""
    own = context.application.name
    relations: dict[str, dict[str, Any]] = {}
    for relation in context.store.all(Relation, context.unit.model_uuid):
        end = relation.endpoint_of(own)
        if end is None or relation.is_peer:
            continue
        remote = relation.other_end(own).application
        goals = relations.setdefault(end.name, {})
        goals[remote] = {"status": "joined", "since": context.application.status.since}
        goals.update(_units(context, remote))
    return arguments.render({"units": _units(context, own), "relations": relations})


def _units(context: HookContext, application: str) -> dict[str, Any]:
    return {
        unit.name: {"status": unit.workload_status.current, "since": unit.workload_status.since}
        for unit in context.store.all(Unit, context.unit.model_uuid)
        if unit.application == application and unit.life == "alive"
    }


@tool("resource-get")
def resource_get(context: HookContext, arguments: Arguments) -> str:
    name = arguments.word(0)
    value = context.application.resources.get(name)
    if not value:
        raise ToolError(
            f'could not download resource: resource "{context.application.name}/{name}" not found'
        )
    return value


@tool("credential-get", formatted=True)
def credential_get(context: HookContext, arguments: Arguments) -> str:
    raise ToolError("cannot access cloud credentials")


@tool("juju-reboot", flags="now")
def juju_reboot(context: HookContext, arguments: Arguments) -> str:
    raise ToolError("juju-reboot is not supported on this substrate")
