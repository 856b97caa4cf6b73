"""storage-list, storage-get, storage-add."""

from __future__ import annotations

from sunbeam.operators.charm_metadata import storages
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Storage
from sunbeam.operators.tools.arguments import Arguments, ToolError
from sunbeam.operators.tools.registry import tool


@tool("storage-list", formatted=True)
def storage_list(context: HookContext, arguments: Arguments) -> str:
    wanted = arguments.word(0)
    return arguments.render(
        [tag for tag in context.unit.storage if not wanted or tag.partition("/")[0] == wanted]
    )


@tool("storage-get", options="s", formatted=True)
def storage_get(context: HookContext, arguments: Arguments) -> str:
    tag = arguments.text("s") or context.hook.storage
    storage = context.store.get(Storage, context.unit.model_uuid, tag)
    if storage is None or tag not in context.unit.storage:
        raise ToolError(f'invalid value "{tag}" for option -s: storage not found', 2)
    values = {"kind": "filesystem", "location": storage.location}
    return arguments.render(values.get(arguments.word(0)) if arguments.words else values)


@tool("storage-add")
def storage_add(context: HookContext, arguments: Arguments) -> str:
    declared = {storage.name: storage for storage in storages(context.charm)}
    additions = []
    for word in arguments.words:
        name, _, count = word.partition("=")
        if name not in declared:
            raise ToolError(f'storage "{name}" not found in charm metadata')
        if count and not count.isdecimal():
            raise ToolError(f'storage count "{count}" for "{name}" is not a number', 2)
        additions.append((name, int(count or 1)))
    for name, wanted in additions:
        present = sum(tag.partition("/")[0] == name for tag in context.unit.storage)
        present += sum(added for other, added in context.storage_additions if other == name)
        most = declared[name].maximum
        if most is not None and present + wanted > most:
            raise ToolError(f'cannot add storage "{name}": the charm allows at most {most}')
        context.storage_additions.append((name, wanted))
    return ""
