"""Models, their users, and the charms and applications in them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from sunbeam.operators.entities.document import Entity, Life, Status, now


class User(Entity):
    """A controller user.  ``model_uuid`` stays empty; the password is kept as a scrypt hash."""

    kind: ClassVar[str] = "user"
    name: str
    display_name: str = ""
    password_hash: str = ""
    access: Literal["", "login", "add-model", "superuser"] = "login"
    disabled: bool = False
    created: str = Field(default_factory=now)

    @property
    def id(self) -> str:
        return self.name


class Model(Entity):
    """A Juju model.  ``type`` decides whether units are pods (kubernetes) or live on machines."""

    kind: ClassVar[str] = "model"
    name: str
    owner: str = "admin"
    type: Literal["kubernetes", "manual"] = "kubernetes"
    life: Life = "alive"
    config: dict[str, Any] = Field(default_factory=dict)
    constraints: dict[str, Any] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    access: dict[str, str] = Field(default_factory=dict)
    ssh_keys: list[str] = Field(default_factory=list)
    sequences: dict[str, int] = Field(default_factory=dict)
    created: str = Field(default_factory=now)

    @property
    def id(self) -> str:
        return self.model_uuid

    def next(self, sequence: str) -> int:
        """The next number of ``sequence`` ("relation", "machine", "operation", "unit-APP", ...), from 0."""
        number = self.sequences.get(sequence, 0)
        self.sequences[sequence] = number + 1
        return number


class Charm(Entity):
    """An uploaded charm; ``path`` is the unpacked, read-only folder of this revision."""

    kind: ClassVar[str] = "charm"
    url: str
    name: str
    revision: int
    sha256: str
    path: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    actions: dict[str, Any] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.url


class Application(Entity):
    """A deployed application.  ``config`` holds only what was set; defaults come from the charm."""

    kind: ClassVar[str] = "application"
    name: str
    charm_url: str
    life: Life = "alive"
    config: dict[str, Any] = Field(default_factory=dict)
    trust: bool = False
    constraints: dict[str, Any] = Field(default_factory=dict)
    base: str = ""
    channel: str = ""
    exposed: dict[str, Any] | None = None
    bindings: dict[str, str] = Field(default_factory=dict)
    storage_directives: dict[str, dict[str, Any]] = Field(default_factory=dict)
    resources: dict[str, str] = Field(default_factory=dict)
    scale: int = 0
    leader: str = ""
    status: Status = Field(default_factory=lambda: Status(current="unset"))
    workload_version: str = ""
    annotations: dict[str, str] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name


class PendingResource(Entity):
    """A resource uploaded before its application exists; ``value`` is an image name or a file path."""

    kind: ClassVar[str] = "pending-resource"
    pending_id: str
    application: str
    name: str
    type: Literal["oci-image", "file"] = "oci-image"
    value: str = ""
    fingerprint: str = ""

    @property
    def id(self) -> str:
        return self.pending_id
