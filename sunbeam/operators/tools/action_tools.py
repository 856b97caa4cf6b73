"""action-get, action-set, action-log, action-fail."""

from __future__ import annotations

import re
from typing import Any

from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Action
from sunbeam.operators.tools.arguments import Arguments, ToolError
from sunbeam.operators.tools.registry import tool

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_RESERVED = ("stdout", "stdout-encoding", "stderr", "stderr-encoding")


@tool("action-get", formatted=True)
def action_get(context: HookContext, arguments: Arguments) -> str:
    value: Any = _defaults(context) | _running(context).parameters
    for part in arguments.word(0).split(".") if arguments.words else ():
        value = value.get(part) if isinstance(value, dict) else None
    return arguments.render(value)


@tool("action-set")
def action_set(context: HookContext, arguments: Arguments) -> str:
    action = _running(context)
    for word in arguments.words:
        dotted, equals, value = word.partition("=")
        if not equals:
            raise ToolError(f'argument "{word}" must be of the form key...=value', 2)
        if dotted in _RESERVED:
            raise ToolError(f'cannot set reserved action key "{dotted}"')
        _set(action.results, dotted.split("."), value)
    with context.store.transaction(durable=False) as tx:
        tx.put(action)
    return ""


@tool("action-log")
def action_log(context: HookContext, arguments: Arguments) -> str:
    action = _running(context)
    action.log.append({"timestamp": context.now, "message": " ".join(arguments.words)})
    with context.store.transaction(durable=False) as tx:
        tx.put(action)
    return ""


@tool("action-fail")
def action_fail(context: HookContext, arguments: Arguments) -> str:
    action = _running(context)
    context.action_failed = True
    action.message = (
        " ".join(arguments.words) or "action failed without reason given, check action for errors"
    )
    with context.store.transaction(durable=False) as tx:
        tx.put(action)
    return ""


def _running(context: HookContext) -> Action:
    if context.action is None:
        raise ToolError("not running an action")
    return context.action


def _defaults(context: HookContext) -> dict[str, Any]:
    """The defaults that the charm's actions.yaml gives to parameters."""
    declared = context.charm.actions.get(_running(context).name) or {}
    return {
        name: parameter["default"]
        for name, parameter in (declared.get("params") or {}).items()
        if isinstance(parameter, dict) and "default" in parameter
    }


def _set(results: dict[str, Any], path: list[str], value: str) -> None:
    for part in path:
        if not _KEY.fullmatch(part):
            raise ToolError(
                f'key "{part}" must start and end with lowercase alphanumeric,'
                " and contain only lowercase alphanumeric and hyphens"
            )
    for part in path[:-1]:
        inner = results.get(part)
        if not isinstance(inner, dict):
            inner = results[part] = {}
        results = inner
    results[path[-1]] = value
