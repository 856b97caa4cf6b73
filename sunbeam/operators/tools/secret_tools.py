"""secret-add, -get, -set, -grant, -revoke, -remove, -ids, -info-get."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sunbeam.operators.clock import later, moment, stamp
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Secret
from sunbeam.operators.operations import secrets
from sunbeam.operators.tools.arguments import Arguments, ToolError
from sunbeam.operators.tools.registry import tool
from sunbeam.operators.tools.relation_tools import named_relation
from sunbeam.operators.view import go_duration

_KEY = re.compile(r"[a-z](?:[a-z0-9.-]*[a-z0-9])")
_DESCRIBING = "label description expire rotate owner"


@tool("secret-add", options=_DESCRIBING)
def secret_add(context: HookContext, arguments: Arguments) -> str:
    owner = context.unit.name if arguments.text("owner") == "unit" else context.application.name
    if owner == context.application.name and not context.is_leader:
        raise ToolError("this unit is not the leader")
    content = _content(arguments.words)
    if not content:
        raise ToolError("missing secret value", 2)
    _refuse_taken_label(context, arguments.text("label"))
    try:
        secret = secrets.create(
            context.unit.model_uuid,
            owner,
            content,
            context.now,
            label=arguments.text("label"),
            description=arguments.text("description"),
            expires=_expiry(context, arguments) or "",
            rotate=arguments.text("rotate", "never"),
        )
    except secrets.SecretError as error:
        raise ToolError(str(error), 2) from error
    context.add_secret(secret)
    return f"{secret.uri}\n"


@tool("secret-get", flags="refresh peek", options="label", formatted=True)
def secret_get(context: HookContext, arguments: Arguments) -> str:
    secret = _named_secret(context, arguments)
    if not secrets.may_read(secret, context.unit.model_uuid, context.unit.name):
        raise ToolError("permission denied")
    label = arguments.text("label") if arguments.words and arguments.text("label") else None
    if label is not None and context.may_manage(secret):
        context.change_secret(secret, partial(secrets.update, now=context.now, label=label))
        secret, label = context.find_secret(secret.uri), None
    if arguments.flag("peek"):
        revision = secret.latest
    else:
        revision = context.track_secret(secret, refresh=arguments.flag("refresh"), label=label)
    content = {
        key: base64.b64decode(value).decode() for key, value in secret.revisions[revision].content.items()
    }
    wanted = arguments.word(1)
    if wanted and wanted not in content:
        raise ToolError(f'"{wanted}" not found')
    return arguments.render(content[wanted] if wanted else content)


@tool("secret-set", options=_DESCRIBING)
def secret_set(context: HookContext, arguments: Arguments) -> str:
    secret = _managed_secret(context, arguments.word(0))
    rotate = arguments.options.get("rotate")
    if rotate is not None and rotate != "never" and rotate not in secrets.ROTATION:
        raise ToolError(f'rotate policy "{rotate}" not valid', 2)
    change = partial(
        secrets.update,
        now=context.now,
        content=_content(arguments.words[1:]) or None,
        label=arguments.options.get("label"),
        description=arguments.options.get("description"),
        expires=_expiry(context, arguments),
        rotate=rotate,
    )
    context.change_secret(secret, change)
    return ""


@tool("secret-grant", options="r|relation unit")
def secret_grant(context: HookContext, arguments: Arguments) -> str:
    secret = _managed_secret(context, arguments.word(0))
    relation = named_relation(context, arguments.text("relation"))
    remote = relation.other_end(context.application.name).application
    unit = arguments.text("unit")
    if unit and unit.partition("/")[0] != remote:
        raise ToolError(f'unit "{unit}" is not in the relation {relation.key}', 2)
    reader = secrets.reader_through(context.store, relation, unit or remote)
    scope = secrets.relation_scope(relation)
    context.change_secret(secret, partial(secrets.grant, reader=reader, scope=scope))
    return ""


@tool("secret-revoke", options="r|relation app|application unit")
def secret_revoke(context: HookContext, arguments: Arguments) -> str:
    secret = _managed_secret(context, arguments.word(0))
    scope = None
    reader: str | None = arguments.text("unit") or arguments.text("application") or None
    if arguments.text("relation"):
        relation = named_relation(context, arguments.text("relation"))
        scope = secrets.relation_scope(relation)
        reader = secrets.reader_through(context.store, relation, reader) if reader else None
    context.change_secret(secret, partial(secrets.revoke, reader=reader, scope=scope))
    return ""


@tool("secret-remove", options="revision")
def secret_remove(context: HookContext, arguments: Arguments) -> str:
    secret = _managed_secret(context, arguments.word(0))
    revision = int(arguments.text("revision")) if arguments.text("revision") else None
    if revision is not None and set(secret.revisions) <= {revision}:
        revision = None
    context.remove_secret(secret, revision)
    return ""


@tool("secret-ids", formatted=True)
def secret_ids(context: HookContext, arguments: Arguments) -> str:
    return arguments.render([secret.id for secret in context.owned_secrets()])


@tool("secret-info-get", options="label", formatted=True)
def secret_info_get(context: HookContext, arguments: Arguments) -> str:
    secret = _named_secret(context, arguments)
    if not context.may_manage(secret):
        raise ToolError(str(secrets.SecretNotFound(arguments.word(0) or arguments.text("label"))))
    info: dict[str, Any] = {
        "revision": secret.latest,
        "label": secret.label,
        "owner": "unit" if "/" in secret.owner else "application",
        "rotation": secret.rotate,
        "description": secret.description,
    }
    expiry = secret.revisions[secret.latest].expires
    info |= {"rotates": secret.next_rotation} if secret.next_rotation else {}
    info |= {"expiry": expiry} if expiry else {}
    return arguments.render({secret.id: info})


def _named_secret(context: HookContext, arguments: Arguments) -> Secret:
    id, label = arguments.word(0), arguments.text("label")
    try:
        return context.find_secret(id) if id else context.find_secret_by_label(label)
    except secrets.SecretNotFound as error:
        raise ToolError(str(error)) from error


def _managed_secret(context: HookContext, id: str) -> Secret:
    try:
        secret = context.find_secret(id)
    except secrets.SecretNotFound as error:
        raise ToolError(str(error)) from error
    if not context.may_manage(secret):
        raise ToolError("permission denied")
    return secret


def _refuse_taken_label(context: HookContext, label: str) -> None:
    if label and any(secret.label == label for secret in context.owned_secrets()):
        raise ToolError(f'secret with label "{label}" already exists')


def _content(words: Sequence[str]) -> dict[str, str]:
    """``key=text``, ``key#base64=BASE64`` and ``key#hex=HEX`` (how clients send ``key#file=PATH``)."""
    content = {}
    for word in words:
        key, equals, value = word.partition("=")
        key, _, encoding = key.partition("#")
        if not equals or len(key) < 3 or not _KEY.fullmatch(key):
            raise ToolError(f'key "{key}" not valid', 2)
        try:
            content[key] = base64.b64encode(_decoded(encoding, value)).decode()
        except (ValueError, binascii.Error) as error:
            raise ToolError(f'value of key "{key}" is not valid {encoding}', 2) from error
    return content


def _decoded(encoding: str, value: str) -> bytes:
    if encoding == "base64":
        return base64.b64decode(value, validate=True)
    return bytes.fromhex(value) if encoding == "hex" else value.encode()


def _expiry(context: HookContext, arguments: Arguments) -> str | None:
    """``--expire`` as a time: RFC 3339, or a duration from now; None if it is not given."""
    text = arguments.text("expire")
    if not text:
        return None
    duration: timedelta | None = go_duration(text)
    try:
        return later(context.now, duration) if duration is not None else stamp(moment(text))
    except ValueError as error:
        raise ToolError(f'expire time or duration "{text}" not valid', 2) from error
