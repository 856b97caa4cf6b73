"""What happens during a change, as data; renderers, logs and ``--output json`` read the same events.

The shape is versioned: a reader may rely on ``schema`` 1's fields and must ignore fields and types it does
not know.  Plain dataclasses, since a command that only shows progress should not pay for importing more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sunbeam.core.errors import Problem
from sunbeam.core.estimate import Expected
from sunbeam.core.foresight import Preview
from sunbeam.core.shapes import read

SCHEMA = 1


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _type_of(kind: type[Event]) -> str:
    """``task-started`` for TaskStarted."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in kind.__name__).lstrip("-")


@dataclass(frozen=True)
class Event:
    """``change`` is the change's number; ``time`` RFC 3339 in UTC."""

    change: int
    time: str = field(default_factory=_timestamp, kw_only=True)

    @property
    def type(self) -> str:
        """``task-started`` for TaskStarted."""
        return _type_of(type(self))

    def as_dict(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "type": self.type, **asdict(self)}


@dataclass(frozen=True)
class ProblemFound(Event):
    """A finding before anything changed, or an error that no other event tells (``change`` is 0).

    ``severity`` is ``error`` or ``warning``, ``id`` names its kind, ``evidence`` is what was seen, ``fix``
    the id of a safe fix.
    """

    severity: str
    what: str
    where: str = ""
    why: str = ""
    next_command: str = ""
    id: str = ""
    evidence: str = ""
    fix: str = ""

    @property
    def problem(self) -> Problem:
        """As it was found."""
        return Problem(
            self.what,
            self.where,
            self.why,
            self.next_command,
            "warning" if self.severity == "warning" else "error",
            self.id,
            self.evidence,
            self.fix,
        )


@dataclass(frozen=True)
class ChangePreviewed(Event):
    """A dry run: what the change would do (``change`` is 0); nothing was changed."""

    preview: Preview


@dataclass(frozen=True)
class ChangeStarted(Event):
    """``tasks`` are (id, title); ``resumed`` if it continues where it was cut off; ``expected`` by task."""

    kind: str
    title: str
    tasks: tuple[tuple[str, str], ...]
    resumed: bool = False
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True)
class TaskStarted(Event):
    """Its needs are met: the task begins, or waits for its turn."""

    task: str
    title: str


@dataclass(frozen=True)
class TaskQueued(Event):
    """The task waits for its turn, such as a free builder; ``task-working`` ends that."""

    task: str


@dataclass(frozen=True)
class TaskWorking(Event):
    """It is the task's turn; ``seconds`` of its end count from here."""

    task: str


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
class UnitAwaited(Event):
    """The task waits for ``unit``, whose status text is ``what``; empty when it waits no more."""

    task: str
    unit: str
    what: str


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
class ChangeStopping(Event):
    """Somebody asked it to stop: the tasks at work are being ended, and no other is begun."""


@dataclass(frozen=True)
class TaskFinished(Event):
    """``status`` is a TaskStatus; ``seconds`` its duration; ``error`` the error's full text.

    ``error_id`` names its kind in the catalogue of errors.
    """

    task: str
    title: str
    status: str
    seconds: float
    error: str = ""
    error_id: str = ""


@dataclass(frozen=True)
class ChangeFinished(Event):
    """``status`` is a ChangeStatus; ``seconds`` since it was started or continued."""

    status: str
    seconds: float
    error: str = ""
    error_id: str = ""


KINDS: dict[str, type[Event]] = {_type_of(kind): kind for kind in Event.__subclasses__()}
"""Every event by its type, in the order in which a change tells them."""

Listener = Callable[[Event], None]


def parse_event(data: Mapping[str, Any]) -> Event | None:
    """The event that ``as_dict`` wrote; None for one of a later version.  Raises KeyError, TypeError."""
    kind = KINDS.get(data["type"])
    if kind is None:
        return None
    return cast(Event, read(kind, data))
