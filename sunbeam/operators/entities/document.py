"""What every stored document of the operator engine shares."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Life = Literal["alive", "dying", "dead"]
Role = Literal["provider", "requirer", "peer"]


def now() -> str:
    """The current time as RFC 3339 in UTC with microseconds, as Juju prints it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Entity(BaseModel):
    """One stored document; ``kind`` is its table key, ``id`` is unique per kind and model."""

    model_config = ConfigDict(validate_assignment=False, extra="forbid")
    kind: ClassVar[str]
    model_uuid: str = ""

    @property
    def id(self) -> str:
        raise TypeError(f"{type(self).__name__} has no id")


class Status(BaseModel):
    """A Juju status: ``current`` is the word, ``since`` an RFC 3339 time."""

    current: str
    message: str = ""
    since: str = Field(default_factory=now)
    data: dict[str, Any] = Field(default_factory=dict)
