"""Juju secrets: who may do what, revisions, grants, tracked revisions, rotation and expiry.

Functions that take only a ``Secret`` change it in memory; the caller puts it in its transaction (hook
tools buffer such changes until their hook succeeds).  Contents are base64 texts throughout.
"""

from __future__ import annotations

import secrets as random_source
from collections.abc import Mapping
from datetime import timedelta

from sunbeam.operators.bags import name_in_other_half, other_half
from sunbeam.operators.clock import later
from sunbeam.operators.entities import Relation, Secret, SecretConsumer, SecretRevision
from sunbeam.operators.store import Store

MODEL_OWNER = "model"
ROTATION: dict[str, timedelta] = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
    "yearly": timedelta(days=365),
}
ROTATION_REMINDER = timedelta(minutes=5)
"""How long after a secret-rotate that brought no new revision it is told again."""

_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_ID_LENGTH = 20


class SecretError(Exception):
    """A secret operation was refused; the text is Juju's."""


class SecretNotFound(SecretError):
    def __init__(self, name: str) -> None:
        super().__init__(f'secret "{name}" not found')


class SecretAccessDenied(SecretError):
    def __init__(self) -> None:
        super().__init__("permission denied")


def create(
    model_uuid: str,
    owner: str,
    content: Mapping[str, str],
    now: str,
    *,
    label: str = "",
    description: str = "",
    expires: str = "",
    rotate: str = "never",
    auto_prune: bool = False,
) -> Secret:
    """A new secret with revision 1; ``owner`` is ``model``, an application or a unit name."""
    id = "c" + "".join(random_source.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH - 1))
    secret = Secret(
        model_uuid=model_uuid,
        uri=f"secret:{id}",
        owner=owner,
        label=label,
        description=description,
        auto_prune=auto_prune,
        created=now,
        updated=now,
    )
    secret.revisions[1] = SecretRevision(content=dict(content), created=now, expires=expires)
    _set_rotation(secret, rotate, now)
    return secret


def update(
    secret: Secret,
    now: str,
    *,
    content: Mapping[str, str] | None = None,
    label: str | None = None,
    description: str | None = None,
    expires: str | None = None,
    rotate: str | None = None,
    auto_prune: bool | None = None,
) -> None:
    """Change what is given; different ``content`` makes a new revision, equal content does not."""
    if content and dict(content) != secret.revisions[secret.latest].content:
        secret.latest += 1
        secret.revisions[secret.latest] = SecretRevision(content=dict(content), created=now)
    if expires is not None:
        secret.revisions[secret.latest].expires = expires
    if label is not None:
        secret.label = label
    if description is not None:
        secret.description = description
    if rotate is not None and rotate != secret.rotate:
        _set_rotation(secret, rotate, now)
    if auto_prune is not None:
        secret.auto_prune = auto_prune
    secret.updated = now
    _prune(secret)


def grant(secret: Secret, reader: str, scope: str = MODEL_OWNER) -> None:
    """Let ``reader`` (see ``reader_through``) read; ``scope`` is what the grant lives and dies with."""
    secret.grants.setdefault(reader, {})[scope] = "view"


def revoke(secret: Secret, reader: str | None = None, scope: str | None = None) -> None:
    """Take back the grants of ``reader``, those of ``scope``, or those of both given together."""
    for name in [reader] if reader is not None else list(secret.grants):
        scopes = secret.grants.get(name, {})
        for scope_name in [scope] if scope is not None else list(scopes):
            scopes.pop(scope_name, None)
        if not scopes:
            secret.grants.pop(name, None)
            _forget_consumers(secret, name)


def remove_revision(secret: Secret, revision: int) -> bool:
    """Remove one revision; returns True when it was the last one, so that the secret must go too."""
    secret.revisions.pop(revision, None)
    if secret.revisions:
        secret.latest = max(secret.revisions)
    return not secret.revisions


def track(secret: Secret, reader: str, *, refresh: bool = False, label: str | None = None) -> int:
    """The revision ``reader`` tracks from now on: as before, or the latest on ``refresh`` and first use."""
    consumer = secret.consumers.setdefault(reader, SecretConsumer())
    if refresh or consumer.revision not in secret.revisions:
        consumer.revision = secret.latest
    if label is not None:
        consumer.label = label
    _prune(secret)
    return consumer.revision


def unused_revisions(secret: Secret) -> tuple[int, ...]:
    """Superseded revisions that no reader tracks any more, oldest first."""
    tracked = {consumer.revision for consumer in secret.consumers.values()}
    return tuple(sorted(set(secret.revisions) - tracked - {secret.latest}))


def rotated(secret: Secret, told_revision: int, now: str) -> None:
    """Plan the next secret-rotate after one was told at ``told_revision``."""
    if secret.rotate in ROTATION:
        heeded = secret.latest > told_revision
        secret.next_rotation = later(now, ROTATION[secret.rotate] if heeded else ROTATION_REMINDER)


def find(store: Store, model_uuid: str, id: str) -> Secret:
    """The secret of a URI (``secret:ID``, ``secret://MODEL/ID``) or bare id, in any model.

    Raises SecretNotFound.
    """
    bare = id.removeprefix("secret:").rpartition("/")[2].partition("?")[0]
    secret = store.get(Secret, model_uuid, bare)
    secret = secret or next((other for other in store.all(Secret) if other.id == bare), None)
    if secret is None:
        raise SecretNotFound(id)
    return secret


def find_by_label(store: Store, model_uuid: str, unit: str, label: str) -> Secret:
    """The secret that ``unit`` or its application owns or reads under ``label``.  Raises SecretNotFound."""
    for secret in store.all(Secret, model_uuid):
        if secret.label == label and is_owner(secret, model_uuid, unit):
            return secret
    for secret in store.all(Secret):
        consumer = secret.consumers.get(reader_name(secret, model_uuid, unit))
        if consumer is not None and consumer.label == label:
            return secret
    raise SecretNotFound(label)


def is_owner(secret: Secret, model_uuid: str, unit: str) -> bool:
    """Whether ``unit`` or its application owns the secret (only the leader may manage the latter)."""
    return secret.model_uuid == model_uuid and secret.owner in (unit, unit.partition("/")[0])


def may_manage(secret: Secret, model_uuid: str, unit: str, is_leader: bool) -> bool:
    return secret.model_uuid == model_uuid and (
        secret.owner == unit or (is_leader and secret.owner == unit.partition("/")[0])
    )


def may_read(secret: Secret, model_uuid: str, unit: str) -> bool:
    readers = {reader_name(secret, model_uuid, name) for name in (unit, unit.partition("/")[0])}
    return is_owner(secret, model_uuid, unit) or bool(readers & secret.grants.keys())


def reader_name(secret: Secret, model_uuid: str, name: str) -> str:
    """How a unit or application is written in grants and consumers: ``MODEL:name`` if of another model."""
    return name if secret.model_uuid == model_uuid else f"{model_uuid}:{name}"


def reader_through(store: Store, relation: Relation, name: str) -> str:
    """The reader called ``name`` in a relation of the owner's model, which may be of another model."""
    other = other_half(store, relation)
    if other is None:
        return name
    return f"{other.model_uuid}:{name_in_other_half(relation, other, name)}"


def relation_scope(relation: Relation) -> str:
    return f"relation-{relation.id}"


def _set_rotation(secret: Secret, rotate: str, now: str) -> None:
    if rotate not in ROTATION and rotate not in ("", "never"):
        raise SecretError(f'rotate policy "{rotate}" not valid')
    secret.rotate = rotate or "never"
    secret.next_rotation = later(now, ROTATION[rotate]) if rotate in ROTATION else ""


def _prune(secret: Secret) -> None:
    if secret.auto_prune:
        for revision in unused_revisions(secret):
            secret.revisions.pop(revision)


def _forget_consumers(secret: Secret, reader: str) -> None:
    for consumer in list(secret.consumers):
        if consumer == reader or consumer.startswith(f"{reader}/"):
            del secret.consumers[consumer]
