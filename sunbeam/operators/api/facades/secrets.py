"""Secrets: user secrets of a model, and listing all of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json, Params, unit_tag
from sunbeam.operators.clock import SystemClock, stamp
from sunbeam.operators.entities import Secret
from sunbeam.operators.operations import secrets
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, Unauthorized

MAX_CONTENT_BYTES = 1_000_000


class Content(Params):
    data: dict[str, str] = {}


class NewSecret(Params):
    owner_tag: str = ""
    label: str = ""
    description: str = ""
    content: Content = Content()


class CreateParams(Params):
    args: list[NewSecret]


class SecretUpdate(Params):
    uri: str = ""
    existing_label: str = ""
    label: str | None = None
    description: str | None = None
    auto_prune: bool | None = None
    content: Content = Content()


class UpdateParams(Params):
    args: list[SecretUpdate]


class SecretRemoval(Params):
    uri: str = ""
    label: str = ""
    revisions: list[int] = []


class RemoveParams(Params):
    args: list[SecretRemoval]


class GrantParams(Params):
    uri: str = ""
    label: str = ""
    applications: list[str] = []


class Filter(Params):
    uri: str = ""
    label: str = ""
    revision: int | None = None
    owner_tag: str = ""


class ListParams(Params):
    show_secrets: bool = False
    filter: Filter = Field(default_factory=Filter)


@method("Secrets.CreateSecrets", "write")
def create_secrets(call: Call, params: CreateParams) -> Json:
    def create(item: NewSecret) -> Json:
        _require_content(item.content.data)
        with call.edit() as edit:
            edit.require_alive()
            _require_free_label(edit, item.label)
            secret = secrets.create(
                edit.model.model_uuid,
                secrets.MODEL_OWNER,
                item.content.data,
                _now(),
                label=item.label,
                description=item.description,
            )
            edit.put(secret)
        return {"result": secret.uri}

    return each(params.args, create)


@method("Secrets.UpdateSecrets", "write")
def update_secrets(call: Call, params: UpdateParams) -> Json:
    def update(item: SecretUpdate) -> None:
        with call.edit() as edit:
            secret = _user_secret(edit, item.uri, item.existing_label)
            if item.label and item.label != secret.label:
                _require_free_label(edit, item.label)
            if item.content.data:
                _require_content(item.content.data)
            secrets.update(
                secret,
                _now(),
                content=item.content.data or None,
                label=item.label or None,
                description=item.description,
                auto_prune=item.auto_prune,
            )
            edit.put(secret)

    return each(params.args, update)


@method("Secrets.RemoveSecrets", "write")
def remove_secrets(call: Call, params: RemoveParams) -> Json:
    def remove(item: SecretRemoval) -> None:
        with call.edit() as edit:
            secret = _user_secret(edit, item.uri, item.label)
            gone = not item.revisions
            for revision in item.revisions:
                gone = secrets.remove_revision(secret, revision)
            if gone:
                edit.delete(secret)
            else:
                edit.put(secret)

    return each(params.args, remove)


@method("Secrets.GrantSecret", "write")
def grant_secret(call: Call, params: GrantParams) -> Json:
    def grant(name: str) -> None:
        with call.edit() as edit:
            secret = _user_secret(edit, params.uri, params.label)
            secrets.grant(secret, edit.application(name).name)
            edit.put(secret)

    return each(params.applications, grant)


@method("Secrets.RevokeSecret", "write")
def revoke_secret(call: Call, params: GrantParams) -> Json:
    def revoke(name: str) -> None:
        with call.edit() as edit:
            secret = _user_secret(edit, params.uri, params.label)
            secrets.revoke(secret, name, secrets.MODEL_OWNER)
            edit.put(secret)

    return each(params.applications, revoke)


@method("Secrets.ListSecrets", "read")
def list_secrets(call: Call, params: ListParams) -> Json:
    """Contents are shown to administrators of the model only."""
    if params.show_secrets:
        call.require("admin")
    wanted = [secret for secret in call.view.all(Secret) if _is_wanted(secret, params.filter)]
    return {"results": [_json(secret, params) for secret in wanted]}


def _now() -> str:
    return stamp(SystemClock().now())


def _user_secret(view: ModelView, uri: str, label: str) -> Secret:
    """A secret owned by the model.  Raises SecretNotFound, Unauthorized for a charm's secret."""
    if uri:
        secret = secrets.find(view.store, view.model.model_uuid, uri)
        if secret.model_uuid != view.model.model_uuid:
            raise secrets.SecretNotFound(uri)
        if secret.owner != secrets.MODEL_OWNER:
            raise Unauthorized()
        return secret
    for secret in view.all(Secret):
        if secret.owner == secrets.MODEL_OWNER and secret.label == label and label:
            return secret
    raise secrets.SecretNotFound(label)


def _require_free_label(view: ModelView, label: str) -> None:
    taken = {secret.label for secret in view.all(Secret) if secret.owner == secrets.MODEL_OWNER}
    if label and label in taken:
        raise AlreadyExists(f'secret with label "{label}" already exists')


def _require_content(data: dict[str, str]) -> None:
    if not data:
        raise BadRequest("a secret needs at least one key with a value")
    if sum(len(key) + len(value) for key, value in data.items()) > MAX_CONTENT_BYTES:
        raise BadRequest(f"the secret is larger than {MAX_CONTENT_BYTES} bytes")


def _is_wanted(secret: Secret, wanted: Filter) -> bool:
    bare = wanted.uri.removeprefix("secret:").rpartition("/")[2]
    return (
        bare in ("", secret.id)
        and wanted.label in ("", secret.label)
        and wanted.owner_tag in ("", _owner_tag(secret))
        and (wanted.revision is None or wanted.revision in secret.revisions)
    )


def _owner_tag(secret: Secret) -> str:
    if secret.owner == secrets.MODEL_OWNER:
        return f"model-{secret.model_uuid}"
    return unit_tag(secret.owner) if "/" in secret.owner else f"application-{secret.owner}"


def _json(secret: Secret, params: ListParams) -> Json:
    found: Json = {
        "uri": secret.uri,
        "version": 1,
        "owner-tag": _owner_tag(secret),
        "label": secret.label,
        "description": secret.description,
        "rotate-policy": secret.rotate,
        "latest-revision": secret.latest,
        "latest-revision-checksum": "",
        "create-time": secret.created,
        "update-time": secret.updated,
        "revisions": [
            {
                "revision": number,
                "create-time": revision.created,
                "update-time": revision.created,
                "expire-time": revision.expires or None,
                "backend-name": "internal",
            }
            for number, revision in secret.revisions.items()
        ],
        "access": _access(secret),
    }
    if secret.next_rotation:
        found["next-rotate-time"] = secret.next_rotation
    if params.show_secrets:
        revision = secret.revisions[params.filter.revision or secret.latest]
        found["value"] = {"data": revision.content}
    return found


def _access(secret: Secret) -> list[dict[str, Any]]:
    return [
        {
            "target-tag": unit_tag(reader) if "/" in reader else f"application-{reader}",
            "scope-tag": f"model-{secret.model_uuid}" if scope == secrets.MODEL_OWNER else scope,
            "role": role,
        }
        for reader, scopes in secret.grants.items()
        for scope, role in scopes.items()
    ]
