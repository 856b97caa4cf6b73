"""Changes and their tasks: what was asked for in the background, and how it went."""

from __future__ import annotations

from .errors import ApiError
from .loop import Future, Loop
from .times import format_time, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .notices import Notices

_KEPT = 200
_LOG_LINES = 10


class Task:
    """One step of a change.  ``error`` is what it failed with."""

    def __init__(self, number: int, kind: str, summary: str) -> None:
        self.id = str(number)
        self.kind = kind
        self.summary = summary
        self.status = "Do"
        self.log: list[str] = []
        self.data: dict[str, Any] = {}
        self.error = ""
        self.spawned = now()
        self.ready = 0

    def add_log(self, message: str, level: str = "INFO") -> None:
        self.log.append(f"{format_time(now())} {level} {message}")
        del self.log[:-_LOG_LINES]

    def finish(self, error: str = "", status: str = "") -> None:
        """Done, or Error with the reason, or another final ``status``."""
        if self.ready:
            return
        self.status = status or ("Error" if error else "Done")
        self.error = error
        self.ready = now()
        if error:
            self.add_log(error, "ERROR")

    def to_json(self) -> dict[str, Any]:
        task: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "summary": self.summary,
            "status": self.status,
            "progress": {"label": "", "done": int(bool(self.ready)), "total": 1},
            "spawn-time": format_time(self.spawned),
        }
        if self.log:
            task["log"] = self.log
        if self.ready:
            task["ready-time"] = format_time(self.ready)
        if self.data:
            task["data"] = self.data
        return task


class Change:
    """``finished`` resolves when all is over; ``abort`` is set by whom can stop it."""

    def __init__(self, number: int, kind: str, summary: str, finished: Future) -> None:
        self.id = str(number)
        self.kind = kind
        self.summary = summary
        self.tasks: list[Task] = []
        self.data: dict[str, Any] = {}
        self.finished = finished
        self.spawned = now()
        self.ready = 0
        self.abort: Callable[[], None] | None = None

    @property
    def error(self) -> str:
        failed = [f"- {task.summary} ({task.error})" for task in self.tasks if task.error]
        return "cannot perform the following tasks:\n" + "\n".join(failed) if failed else ""

    @property
    def status(self) -> str:
        states = [task.status for task in self.tasks]
        if not self.ready:
            return "Doing" if any(state != "Do" for state in states) else "Do"
        return next((state for state in ("Error", "Hold") if state in states), "Done")

    def to_json(self) -> dict[str, Any]:
        change: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "summary": self.summary,
            "status": self.status,
            "tasks": [task.to_json() for task in self.tasks],
            "ready": bool(self.ready),
            "spawn-time": format_time(self.spawned),
        }
        if self.ready:
            change["ready-time"] = format_time(self.ready)
        if self.error:
            change["err"] = self.error
        if self.data:
            change["data"] = self.data
        return change


class Changes:
    """All changes, the last 200 finished ones included.  Their progress is told as notices."""

    def __init__(self, loop: Loop, notices: Notices) -> None:
        self._loop = loop
        self._notices = notices
        self._last_task = 0
        self._last = 0
        self.known: dict[str, Change] = {}

    def add(self, kind: str, summary: str, tasks: list[tuple[str, str]], **data: Any) -> Change:
        """A new change with tasks of (kind, summary)."""
        self._last += 1
        change = Change(self._last, kind, summary, Future(self._loop))
        change.data = data
        for task_kind, task_summary in tasks:
            self._last_task += 1
            change.tasks.append(Task(self._last_task, task_kind, task_summary))
        self.known[change.id] = change
        self._prune()
        self.tell(change)
        return change

    def finish(self, change: Change) -> None:
        """All tasks are over; those never begun are on hold."""
        if change.ready:
            return
        for task in change.tasks:
            task.finish(status="Hold")
        change.ready = now()
        change.abort = None
        change.finished.resolve()
        self.tell(change)

    def tell(self, change: Change) -> None:
        """Record the notice that the status of ``change`` is another one."""
        data = {"kind": change.kind}
        if "check-name" in change.data:
            data["check-name"] = change.data["check-name"]
        self._notices.add("change-update", change.id, data)

    def get(self, number: str) -> Change:
        """Raises ApiError."""
        if number not in self.known:
            raise ApiError(404, f'cannot find change with id "{number}"', "not-found")
        return self.known[number]

    def _prune(self) -> None:
        ready = [number for number, change in self.known.items() if change.ready]
        for number in ready[:-_KEPT]:
            del self.known[number]
