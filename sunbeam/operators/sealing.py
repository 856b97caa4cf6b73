"""Encryption of secret contents at rest, each bound to the secret and revision it belongs to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag

from sunbeam.core.sealing import Sealer
from sunbeam.operators.entities import Secret

_SEALED = "sealed"


class SealError(Exception):
    """A sealed secret cannot be opened: the key is not the one it was sealed with, or it was altered."""


class SecretSealer:
    """Seals the documents of secrets; other documents pass unchanged."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(key)

    def seal(self, kind: str, model_uuid: str, id: str, body: str) -> str:
        """``body`` with each revision's content replaced by ``{"sealed": base64}``."""
        if kind != Secret.kind:
            return body
        return _each_content(body, lambda number, content: self._seal(content, f"{model_uuid}/{id}/{number}"))

    def open(self, kind: str, model_uuid: str, id: str, body: str) -> str:
        """The inverse of ``seal``.  Raises SealError."""
        if kind != Secret.kind:
            return body
        return _each_content(body, lambda number, content: self._open(content, f"{model_uuid}/{id}/{number}"))

    def _seal(self, content: dict[str, str], context: str) -> dict[str, str]:
        return {_SEALED: base64.b64encode(self._sealer.seal(context, json.dumps(content).encode())).decode()}

    def _open(self, content: dict[str, str], context: str) -> dict[str, str]:
        try:
            plain = self._sealer.open(context, base64.b64decode(content[_SEALED]))
        except InvalidTag:
            raise SealError(
                f"Secret {context.split('/')[1]} cannot be decrypted: the engine's key is not the one that"
                " encrypted it, or the database was altered.  Restore secrets/sealing.key from the backup."
            ) from None
        opened: dict[str, str] = json.loads(plain)
        return opened


def _each_content(body: str, change: Callable[[str, dict[str, str]], dict[str, str]]) -> str:
    document: dict[str, Any] = json.loads(body)
    for number, revision in document["revisions"].items():
        revision["content"] = change(number, revision["content"])
    return json.dumps(document)
