"""Health checks: probing again and again, and telling when one goes down or comes back."""

from __future__ import annotations

from .changes import Change, Changes
from .errors import ApiError
from .loop import Job, Loop
from .plan import Plan
from .probes import ProbeError, probe
from .process import Children
from .times import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Check:
    """A check of the plan.  While it runs it has a change: perform-check if it is up, else recover-check."""

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        self.name = name
        self.config = config
        self.change: Change | None = None
        self.job: Job | None = None
        self.failures = 0
        self.successes = 0

    @property
    def period(self) -> float:
        return parse_duration(self.config.get("period", "10s"))

    @property
    def timeout(self) -> float:
        """Never longer than the period."""
        return min(parse_duration(self.config.get("timeout", "3s")), self.period)

    @property
    def threshold(self) -> int:
        return int(self.config.get("threshold", 3))

    @property
    def status(self) -> str:
        if self.change is None:
            return "inactive"
        return "down" if self.change.kind == "recover-check" else "up"

    @property
    def enabled(self) -> bool:
        return bool(self.config.get("startup", "enabled") == "enabled")

    def to_json(self) -> dict[str, Any]:
        described: dict[str, Any] = {
            "name": self.name,
            "startup": "enabled" if self.enabled else "disabled",
            "status": self.status,
            "successes": self.successes,
            "failures": self.failures,
            "threshold": self.threshold,
        }
        if "level" in self.config:
            described["level"] = self.config["level"]
        if self.change is not None:
            described["change-id"] = self.change.id
        return described


class Checks:
    """``on_failure`` is called with the name of a check that goes down."""

    def __init__(
        self, loop: Loop, children: Children, plan: Plan, changes: Changes, on_failure: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._children = children
        self._plan = plan
        self._changes = changes
        self._on_failure = on_failure
        self.known: dict[str, Check] = {}

    def follow_plan(self) -> None:
        """Stop checks whose configuration changed, and start those that are new and enabled."""
        for name, check in list(self.known.items()):
            if self._plan.checks.get(name) != check.config:
                self._stop(check)
                del self.known[name]
        for name, config in self._plan.checks.items():
            if name not in self.known:
                check = self.known[name] = Check(name, config)
                if check.enabled:
                    self._start(check)

    def replan(self) -> None:
        """Start enabled checks that were stopped."""
        for check in self.known.values():
            if check.enabled and check.change is None:
                self._start(check)

    def act(self, action: str, names: list[str]) -> list[str]:
        """Start or stop checks; which of them changed.  Raises ApiError."""
        if action not in ("start", "stop"):
            raise ApiError(400, f'invalid action "{action}"')
        if not names:
            raise ApiError(400, f"must specify checks for {action} action")
        unknown = [name for name in names if name not in self.known]
        if unknown:
            raise ApiError(400, f'cannot find check "{unknown[0]}" in plan')
        changed = [name for name in names if (self.known[name].change is None) == (action == "start")]
        for name in changed:
            if action == "start":
                self._start(self.known[name])
            else:
                self._stop(self.known[name])
        return sorted(set(changed))

    def select(self, level: str, names: list[str], ready_includes_alive: bool = False) -> list[Check]:
        """Checks of that level (any if empty) and names (any if none)."""
        levels = [level, "alive"] if ready_includes_alive and level == "ready" else [level]
        return [
            check
            for name, check in sorted(self.known.items())
            if (not names or name in names) and (not level or check.config.get("level", "") in levels)
        ]

    async def refresh(self, name: str) -> tuple[Check, str]:
        """Probe now; the check and what is wrong, if anything.  Raises ApiError."""
        check = self.known.get(name)
        if check is None:
            raise ApiError(404, f'cannot find check with name "{name}"', "not-found")
        problem = await self._probe(check)
        if check.change is not None:
            self._count(check, problem)
        return check, problem

    def stop_all(self) -> None:
        for check in self.known.values():
            self._stop(check)

    def _start(self, check: Check) -> None:
        check.failures = check.successes = 0
        self._begin(check, "perform-check")
        check.job = self._loop.start(self._run(check))

    def _stop(self, check: Check) -> None:
        if check.job is not None:
            check.job.cancel()
        if check.change is not None:
            check.change.tasks[0].finish(status="Hold")
            self._changes.finish(check.change)
        check.job = check.change = None
        check.failures = 0

    def _begin(self, check: Check, kind: str) -> None:
        probed = next(kind for kind in ("http", "tcp", "exec") if kind in check.config)
        summary = f'{kind.split("-")[0].capitalize()} {probed} check "{check.name}"'
        check.change = self._changes.add(kind, summary, [(kind, summary)], **{"check-name": check.name})
        check.change.tasks[0].status = "Doing"

    async def _run(self, check: Check) -> None:
        while True:
            await self._loop.sleep(check.period)
            self._count(check, await self._probe(check))

    async def _probe(self, check: Check) -> str:
        try:
            await probe(self._loop, self._children, self._plan, check.config, check.timeout)
        except ProbeError as error:
            return str(error)
        return ""

    def _count(self, check: Check, problem: str) -> None:
        change = check.change
        assert change is not None
        task = change.tasks[0]
        if not problem:
            check.successes += 1
            check.failures = 0
            if change.kind == "recover-check":
                task.finish()
                self._begin(check, "perform-check")
                self._changes.finish(change)
            return
        check.failures += 1
        if change.kind == "recover-check" or check.failures < check.threshold:
            task.add_log(problem, "ERROR")
            return
        task.finish(problem)
        self._begin(check, "recover-check")
        self._changes.finish(change)
        self._on_failure(check.name)
