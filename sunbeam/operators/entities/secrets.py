"""Juju secrets with their revisions and readers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, Field

from sunbeam.operators.entities.document import Entity, now


class SecretConsumer(BaseModel):
    """A reader of a secret: the revision it tracks and its own label for it."""

    revision: int = 0
    label: str = ""


class SecretRevision(BaseModel):
    """One revision; ``content`` values are base64 text and encrypted at rest by the store."""

    content: dict[str, str]
    created: str = Field(default_factory=now)
    expires: str = ""


class Secret(Entity):
    """A Juju secret.  ``owner`` is ``model``, an application name or a unit name."""

    kind: ClassVar[str] = "secret"
    uri: str
    owner: str
    label: str = ""
    description: str = ""
    rotate: str = "never"
    next_rotation: str = ""
    auto_prune: bool = False
    latest: int = 1
    revisions: dict[int, SecretRevision] = Field(default_factory=dict)
    grants: dict[str, dict[str, str]] = Field(default_factory=dict)
    consumers: dict[str, SecretConsumer] = Field(default_factory=dict)
    created: str = Field(default_factory=now)
    updated: str = Field(default_factory=now)

    @property
    def id(self) -> str:
        """The bare 20-character id without the ``secret:`` scheme."""
        return self.uri.removeprefix("secret:").rpartition("/")[2]
