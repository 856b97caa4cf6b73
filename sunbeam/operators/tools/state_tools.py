"""state-get, state-set, state-delete: a charm's key-value state kept by the engine."""

from __future__ import annotations

from sunbeam.operators.context import HookContext
from sunbeam.operators.tools.arguments import Arguments, ToolError, key_values
from sunbeam.operators.tools.registry import tool


@tool("state-get", flags="strict", formatted=True)
def state_get(context: HookContext, arguments: Arguments) -> str:
    state, key = context.charm_state(), arguments.word(0, "-")
    if key == "-":
        return arguments.render(state)
    if arguments.flag("strict") and key not in state:
        raise ToolError(f'"{key}" not found')
    return arguments.render(state.get(key))


@tool("state-set", options="file")
def state_set(context: HookContext, arguments: Arguments) -> str:
    context.state_writes.update(key_values(arguments, arguments.words))
    return ""


@tool("state-delete")
def state_delete(context: HookContext, arguments: Arguments) -> str:
    if len(arguments.words) != 1:
        raise ToolError("expected one key", 2)
    context.state_writes[arguments.word(0)] = None
    return ""
