"""Actions, which units run on request."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from sunbeam.operators.entities.document import Entity, now


class Action(Entity):
    """An enqueued action (``juju-exec`` for Unit.run) of one unit."""

    kind: ClassVar[str] = "action"
    number: int
    operation: int
    unit: str
    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    status: Literal["pending", "running", "completed", "failed", "cancelled", "aborting", "aborted"] = (
        "pending"
    )
    results: dict[str, Any] = Field(default_factory=dict)
    message: str = ""
    log: list[dict[str, str]] = Field(default_factory=list)
    enqueued: str = Field(default_factory=now)
    started: str = ""
    completed: str = ""

    @property
    def id(self) -> str:
        return str(self.number)
