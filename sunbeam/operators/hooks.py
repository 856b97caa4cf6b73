"""What a charm can be told: one event of one unit, as plain data that is stored and retried as it is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

HookKind = Literal[
    "install",
    "upgrade-charm",
    "leader-elected",
    "config-changed",
    "start",
    "update-status",
    "stop",
    "remove",
    "relation-created",
    "relation-joined",
    "relation-changed",
    "relation-departed",
    "relation-broken",
    "storage-attached",
    "storage-detaching",
    "pebble-ready",
    "pebble-custom-notice",
    "pebble-check-failed",
    "pebble-check-recovered",
    "secret-changed",
    "secret-rotate",
    "secret-expired",
    "secret-remove",
    "action",
]


class Hook(BaseModel):
    """One event.  Fields that a kind does not need stay empty.

    ``version`` is the bag version (relation-changed) or secret revision the event is about; ``value`` is
    what becomes seen when the hook succeeds: a charm URL, config hash, boot id or notice time; ``at`` is
    when the hook was chosen.
    """

    model_config = ConfigDict(frozen=True)

    kind: HookKind
    endpoint: str = ""
    relation: str = ""
    remote_application: str = ""
    remote_unit: str = ""
    departing_unit: str = ""
    storage: str = ""
    workload: str = ""
    notice_id: str = ""
    notice_type: str = ""
    notice_key: str = ""
    check: str = ""
    secret: str = ""
    action: str = ""
    version: int = 0
    value: str = ""
    at: str = ""

    @property
    def name(self) -> str:
        """The charm's name of the event, ``database-relation-changed``; empty for an action."""
        if self.kind == "action":
            return ""
        prefix = self.endpoint or self.workload or self.storage.partition("/")[0]
        return f"{prefix}-{self.kind}" if prefix else self.kind
