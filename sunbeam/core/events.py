"""What happens during a change, as data; renderers, logs and ``--output json`` read the same events.

The shape is versioned: a reader may rely on ``schema`` 1's fields and must ignore fields and types it does
not know.  Plain dataclasses, since a command that only shows progress should not pay for importing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

SCHEMA = 1


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Event:
    """``change`` is the change's number; ``time`` RFC 3339 in UTC."""

    change: int
    time: str = field(default_factory=_timestamp, kw_only=True)

    @property
    def type(self) -> str:
        """``task-started`` for TaskStarted."""
        name = type(self).__name__
        return "".join(f"-{char.lower()}" if char.isupper() else char for char in name).lstrip("-")

    def as_dict(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "type": self.type, **asdict(self)}


@dataclass(frozen=True)
class ProblemFound(Event):
    """A finding before anything changed (``change`` is 0); ``severity`` is ``error`` or ``warning``."""

    severity: str
    what: str
    where: str = ""
    why: str = ""
    next_command: str = ""


@dataclass(frozen=True)
class ChangeStarted(Event):
    """``tasks`` are (id, title); ``resumed`` if it continues where it was cut off."""

    kind: str
    title: str
    tasks: tuple[tuple[str, str], ...]
    resumed: bool = False


@dataclass(frozen=True)
class TaskStarted(Event):
    task: str
    title: str


@dataclass(frozen=True)
class TaskProgress(Event):
    """One sentence on what the task does right now."""

    task: str
    text: str


@dataclass(frozen=True)
class Awaiting(Event):
    """The task waits: for ``what``, of ``unit`` (may be empty), since ``since`` (RFC 3339)."""

    task: str
    what: str
    unit: str
    since: str


@dataclass(frozen=True)
class HostChanged(Event):
    """The task changed this machine: ``verb`` and ``target`` as in a dry run; ``seconds`` it took."""

    task: str
    verb: str
    target: str
    seconds: float


@dataclass(frozen=True)
class Heartbeat(Event):
    """Still at work; one comes every 15 seconds, with ``change`` 0."""


@dataclass(frozen=True)
class TaskFinished(Event):
    """``status`` is a TaskStatus; ``seconds`` its duration; ``error`` the error's full text."""

    task: str
    title: str
    status: str
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class ChangeFinished(Event):
    status: str
    seconds: float
    error: str = ""


Listener = Callable[[Event], None]
