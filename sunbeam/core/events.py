"""What happens during a change, as data; renderers and ``--output json`` read the same events.

The shape is versioned: a reader may rely on ``schema`` 1's fields and must ignore fields it does not know.
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
class ChangeStarted(Event):
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
    """One sentence on what the task does or awaits right now."""

    task: str
    text: str


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
