"""KeyManager: SSH keys that machines of the model accept."""

from __future__ import annotations

import base64
import binascii
import hashlib

from pydantic import Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Entities, Entity, Json, Params
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound

_KEY_TYPES = ("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")


class KeysParams(Params):
    user: str = ""
    keys: list[str] = Field([], alias="ssh-keys")


class ListParams(Params):
    entities: Entities = Entities()
    mode: bool = False


@method("KeyManager.ListKeys", "read")
def list_keys(call: Call, params: ListParams) -> Json:
    """``mode`` true: the whole keys, else fingerprint and comment."""

    def keys(entity: Entity) -> Json:
        return {"result": [key if params.mode else _brief(key) for key in call.model.ssh_keys]}

    return each(params.entities.entities, keys)


@method("KeyManager.AddKeys", "write")
def add_keys(call: Call, params: KeysParams) -> Json:
    def add(key: str) -> None:
        model = call.model
        text = key.strip()
        if len(text.split()) < 2 or not text.startswith(_KEY_TYPES):
            raise BadRequest(f'cannot add key "{text[:40]}": invalid ssh key')
        if text in model.ssh_keys:
            raise AlreadyExists(f"duplicate ssh key: {_fingerprint(text)}")
        with call.store.transaction() as tx:
            model.ssh_keys.append(text)
            tx.put(model)

    return each(params.keys, add)


@method("KeyManager.DeleteKeys", "write")
def delete_keys(call: Call, params: KeysParams) -> Json:
    """A key is named by its text, its fingerprint or its comment."""

    def delete(name: str) -> None:
        model = call.model
        doomed = [key for key in model.ssh_keys if name.strip() in (key, _fingerprint(key), _comment(key))]
        if not doomed:
            raise NotFound(f"key not found: {name}")
        with call.store.transaction() as tx:
            model.ssh_keys = [key for key in model.ssh_keys if key not in doomed]
            tx.put(model)

    return each(params.keys, delete)


def _brief(key: str) -> str:
    return f"{_fingerprint(key)} ({_comment(key)})"


def _comment(key: str) -> str:
    return " ".join(key.split()[2:])


def _fingerprint(key: str) -> str:
    """MD5 in colons, as Juju prints it; a key that cannot be decoded is its own name."""
    try:
        digest = hashlib.md5(base64.b64decode(key.split()[1], validate=True), usedforsecurity=False)
    except (binascii.Error, IndexError):
        return key
    return ":".join(f"{byte:02x}" for byte in digest.digest())
