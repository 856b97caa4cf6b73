"""Relations, and the offers through which they cross models."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from sunbeam.operators.entities.document import Entity, Life, Role, Status


class Endpoint(BaseModel):
    """One end of a relation: the application's side of a charm endpoint."""

    application: str
    name: str
    role: Role
    interface: str
    scope: Literal["global", "container"] = "global"
    limit: int = 0
    optional: bool = False


class RemoteApplication(Entity):
    """A consumed offer (SAAS): ``name`` is the local alias of the offering application."""

    kind: ClassVar[str] = "remote-application"
    name: str
    offer_url: str
    offer_uuid: str
    source_model_uuid: str
    source_application: str
    endpoints: list[Endpoint] = Field(default_factory=list)
    life: Life = "alive"
    status: Status = Field(default_factory=lambda: Status(current="active"))

    @property
    def id(self) -> str:
        return self.name


class Offer(Entity):
    """An offered endpoint set of an application in this model."""

    kind: ClassVar[str] = "offer"
    uuid: str
    name: str
    application: str
    endpoints: dict[str, str] = Field(default_factory=dict)
    description: str = ""
    access: dict[str, str] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name


class Relation(Entity):
    """A relation.  Data bags and their version counters are keyed by unit or application name.

    ``versions`` grows by one with each effective change of a bag: ``relation-changed`` is level-triggered
    by comparing it with what a unit has seen.  ``in_scope`` lists the units whose ``relation-created`` ran.
    A cross-model relation exists once in each model; ``mirror`` names its other half as
    ``MODEL_UUID:RELATION_ID`` and bags are copied between both in the transaction that writes them.
    """

    kind: ClassVar[str] = "relation"
    number: int
    endpoints: list[Endpoint]
    life: Life = "alive"
    data: dict[str, dict[str, str]] = Field(default_factory=dict)
    versions: dict[str, int] = Field(default_factory=dict)
    in_scope: list[str] = Field(default_factory=list)
    suspended: bool = False
    mirror: str = ""

    @property
    def id(self) -> str:
        return str(self.number)

    @property
    def is_peer(self) -> bool:
        return len(self.endpoints) == 1

    @property
    def key(self) -> str:
        """Juju's relation key, requirer side first: ``glance:database mariadb:database``."""
        order = {"requirer": 0, "provider": 1, "peer": 2}
        ends = sorted(self.endpoints, key=lambda end: order[end.role])
        return " ".join(f"{end.application}:{end.name}" for end in ends)

    def endpoint_of(self, application: str) -> Endpoint | None:
        return next((end for end in self.endpoints if end.application == application), None)

    def other_end(self, application: str) -> Endpoint:
        """The remote end seen from ``application`` (a peer relation's own end)."""
        return next((end for end in self.endpoints if end.application != application), self.endpoints[0])
