"""The events of core's ``-json`` output, typed.

Fields are those of the machine-readable UI, version 1.2; lines that are no JSON become ``Log``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Log:
    """Anything a person may read and nothing more."""

    level: str
    message: str


@dataclass(frozen=True)
class Diagnostic:
    """``place`` is ``FILE line N``; ``address`` the resource, both empty where core gives none."""

    severity: Literal["error", "warning"]
    summary: str
    detail: str
    address: str = ""
    place: str = ""

    @property
    def text(self) -> str:
        head = f"{self.address}: {self.summary}" if self.address else self.summary
        if self.place:
            head += f" ({self.place})"
        return f"{head}\n{self.detail}" if self.detail else head


@dataclass(frozen=True)
class PlannedChange:
    """``action`` is create, update, delete, replace, read, import or move."""

    address: str
    action: str
    reason: str = ""


@dataclass(frozen=True)
class Drift:
    """Reality differs from the state."""

    address: str
    action: str


@dataclass(frozen=True)
class ChangeSummary:
    operation: str
    add: int
    change: int
    remove: int


@dataclass(frozen=True)
class ResourceEvent:
    """``step`` is start, progress, complete or errored; ``action`` is also refresh."""

    step: Literal["start", "progress", "complete", "errored"]
    address: str
    action: str
    seconds: float = 0.0
    id: str = ""


Event = Log | Diagnostic | PlannedChange | Drift | ChangeSummary | ResourceEvent

_STEPS: dict[str, Literal["start", "progress", "complete", "errored"]] = {
    "start": "start",
    "progress": "progress",
    "complete": "complete",
    "errored": "errored",
}


def parse_event(line: str) -> Event | None:
    """One line of output; None for an event nobody needs (version, outputs)."""
    try:
        raw = json.loads(line)
    except json.JSONDecodeError:
        return Log("info", line) if line.strip() else None
    if not isinstance(raw, dict):
        return Log("info", line)
    kind = raw.get("type", "log")
    if kind == "diagnostic":
        return _diagnostic(raw.get("diagnostic") or {})
    if kind in ("planned_change", "resource_drift"):
        change = raw.get("change") or {}
        address = (change.get("resource") or {}).get("addr", "")
        action = change.get("action", "")
        return (
            Drift(address, action)
            if kind == "resource_drift"
            else PlannedChange(address, action, change.get("reason", ""))
        )
    if kind == "change_summary":
        changes = raw.get("changes") or {}
        return ChangeSummary(
            changes.get("operation", ""),
            changes.get("add", 0),
            changes.get("change", 0),
            changes.get("remove", 0),
        )
    family, _, step = kind.partition("_")
    if family in ("apply", "refresh") and step in _STEPS:
        return _resource_event(family, step, raw.get("hook") or {})
    if kind in ("version", "outputs"):
        return None
    return Log(raw.get("@level", "info"), raw.get("@message", ""))


def _resource_event(family: str, step: str, hook: dict[str, Any]) -> ResourceEvent:
    return ResourceEvent(
        step=_STEPS[step],
        address=(hook.get("resource") or {}).get("addr", ""),
        action="refresh" if family == "refresh" else hook.get("action", ""),
        seconds=float(hook.get("elapsed_seconds") or 0),
        id=hook.get("id_value") or "",
    )


def _diagnostic(raw: dict[str, Any]) -> Diagnostic:
    where = raw.get("range") or {}
    place = f"{where['filename']} line {where['start']['line']}" if where.get("filename") else ""
    severity: Literal["error", "warning"] = "warning" if raw.get("severity") == "warning" else "error"
    return Diagnostic(severity, raw.get("summary", ""), raw.get("detail", ""), raw.get("address", ""), place)
