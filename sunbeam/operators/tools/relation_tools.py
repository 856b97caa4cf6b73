"""relation-ids, relation-list, relation-get, relation-set, relation-model-get."""

from __future__ import annotations

from sunbeam.operators.bags import other_half
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Relation
from sunbeam.operators.tools.arguments import Arguments, ToolError, key_values
from sunbeam.operators.tools.registry import tool
from sunbeam.operators.view import relation_views


def named_relation(context: HookContext, text: str) -> Relation:
    """The relation ``endpoint:7`` or ``7``; without a text that of the running hook.  Raises ToolError."""
    number = (text or context.hook.relation).rpartition(":")[2]
    if not number:
        raise ToolError("no relation id specified", 2)
    relation = context.relation(number)
    if relation is None:
        raise ToolError(f'invalid value "{text}" for option -r: relation not found', 2)
    return relation


@tool("relation-ids", formatted=True)
def relation_ids(context: HookContext, arguments: Arguments) -> str:
    endpoint = arguments.word(0, context.hook.endpoint)
    if not endpoint:
        raise ToolError("no endpoint name specified", 2)
    seen, running = context.unit.seen.relations, context.hook.relation
    return arguments.render(
        [
            f"{endpoint}:{view.number}"
            for view in relation_views(context.store, context.unit)
            if view.endpoint == endpoint
            and (not view.leaving or view.number in seen or view.number == running)
        ]
    )


@tool("relation-list", flags="app", options="r|relation", formatted=True)
def relation_list(context: HookContext, arguments: Arguments) -> str:
    relation = named_relation(context, arguments.text("relation"))
    if arguments.flag("app"):
        return arguments.render(relation.other_end(context.application.name).application)
    return arguments.render(sorted(_members(context, relation)))


@tool("relation-get", flags="app", options="r|relation", formatted=True)
def relation_get(context: HookContext, arguments: Arguments) -> str:
    relation = named_relation(context, arguments.text("relation"))
    key, owner = arguments.word(0, "-"), arguments.word(1)
    if arguments.flag("app"):
        owner = (owner or context.hook.remote_application).partition("/")[0]
    owner = owner or context.hook.remote_unit
    if not owner:
        raise ToolError("no unit id specified", 2)
    if owner == context.application.name and not relation.is_peer and not context.is_leader:
        raise ToolError("permission denied")
    bag = context.bag(relation, owner)
    return arguments.render(bag if key in ("-", "") else bag.get(key))


@tool("relation-set", flags="app", options="r|relation file")
def relation_set(context: HookContext, arguments: Arguments) -> str:
    relation = named_relation(context, arguments.text("relation"))
    owner = context.unit.name
    if arguments.flag("app"):
        if not context.is_leader:
            raise ToolError("cannot write relation settings")
        owner = context.application.name
    values = key_values(arguments, arguments.words)
    context.bag_writes.setdefault((relation.id, owner), {}).update(values)
    return ""


@tool("relation-model-get", options="r|relation", formatted=True)
def relation_model_get(context: HookContext, arguments: Arguments) -> str:
    """The model of the remote application."""
    relation = named_relation(context, arguments.text("relation"))
    other = other_half(context.store, relation)
    return arguments.render({"uuid": (other or relation).model_uuid})


def _members(context: HookContext, relation: Relation) -> set[str]:
    """Remote units whose relation-joined ran or is running, without the one that is departing."""
    seen = context.unit.seen.relations.get(relation.id)
    members = set(seen.units) if seen else set()
    hook = context.hook
    if hook.relation == relation.id and hook.remote_unit:
        if hook.kind == "relation-departed":
            members.discard(hook.remote_unit)
        else:
            members.add(hook.remote_unit)
    return members
