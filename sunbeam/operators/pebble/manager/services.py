"""All services: starting, stopping and replanning them as changes."""

from __future__ import annotations

from .changes import Change, Changes, Task
from .errors import ApiError
from .logs import Logs
from .loop import Loop
from .plan import Plan
from .process import Children
from .service import Service, ServiceError
from .times import format_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Lanes = list[list[str]]


class Services:
    def __init__(
        self,
        loop: Loop,
        children: Children,
        plan: Plan,
        changes: Changes,
        logs: Logs,
        shut_down: Callable[[int], None],
    ) -> None:
        self._loop = loop
        self._children = children
        self._plan = plan
        self._changes = changes
        self._logs = logs
        self._shut_down = shut_down
        self.known: dict[str, Service] = {}

    def of(self, name: str) -> Service:
        if name not in self.known:
            self.known[name] = Service(self._loop, self._children, self._logs, name, self._shut_down)
        return self.known[name]

    def describe(self, names: list[str]) -> list[dict[str, Any]]:
        """What GET /v1/services answers, by name."""
        described = []
        for name in sorted(self._plan.services):
            if names and name not in names:
                continue
            service = self.known.get(name)
            entry = {
                "name": name,
                "startup": self._plan.services[name].get("startup", "disabled"),
                "current": service.status if service else "inactive",
            }
            if service and service.since:
                entry["current-since"] = format_time(service.since)
            described.append(entry)
        return described

    def enabled(self) -> list[str]:
        return [name for name, entry in self._plan.services.items() if entry.get("startup") == "enabled"]

    def act(self, action: str, names: list[str]) -> Change:
        """Begin start, stop, restart, autostart or replan.  Raises ApiError."""
        stops, starts, named = self._resolve(action, names)
        order = [name for lane in stops + starts for name in lane]
        affected = named or sorted(set(order))
        tasks = [("stop", f'Stop service "{name}"') for lane in stops for name in lane]
        tasks += [("start", f'Start service "{name}"') for lane in starts for name in lane]
        title = action.capitalize()
        if not tasks:
            change = self._changes.add(action, f"{title} - no services", [])
            self._changes.finish(change)
            return change
        more = len(set(order)) - 1
        summary = f'{title} service "{affected[0]}"' + (f" and {more} more" if more else "")
        change = self._changes.add(action, summary, tasks, **{"service-names": affected})
        self._loop.start(self._perform(change, stops, starts))
        return change

    def _resolve(self, action: str, names: list[str]) -> tuple[Lanes, Lanes, list[str]]:
        """Lanes to stop, lanes to start, and the services the caller meant."""
        if action in ("replan", "autostart"):
            if names:
                raise ApiError(400, f"{action} accepts no service names")
            if action == "replan":
                return (*self._replan(), [])
            names = self.enabled()
            if not names:
                raise ApiError(400, "no default services", "no-default-services")
            return [], self._plan.lanes(names), names
        if action not in ("start", "stop", "restart"):
            raise ApiError(400, f'invalid action "{action}"')
        if not names:
            raise ApiError(400, f"must specify services for {action} action")
        stops = self._plan.lanes(names, stopping=True) if action != "start" else []
        if action == "restart":
            stops = _only(stops, set(names))
        return stops, self._plan.lanes(names) if action != "stop" else [], names

    def _replan(self) -> tuple[Lanes, Lanes]:
        """Restart what runs with another configuration, start what is enabled and does not run."""
        changed = [
            name
            for name, service in self.known.items()
            if service.alive and name in self._plan.services and service.config != self._plan.services[name]
        ]
        stops = _only(self._plan.lanes(changed, stopping=True), set(changed))
        idle = {name for name in self._plan.services if not self._runs(name)}
        starts = self._plan.lanes(changed + [name for name in self.enabled() if name in idle])
        return stops, _only(starts, set(changed) | idle)

    def _runs(self, name: str) -> bool:
        service = self.known.get(name)
        return service is not None and service.alive and service.state != "backoff"

    async def _perform(self, change: Change, stops: Lanes, starts: Lanes) -> None:
        tasks = iter(change.tasks)
        change.abort = lambda: self._abort(change)
        for lanes, run in ((stops, self._stop), (starts, self._start)):
            jobs = [
                self._loop.start(self._in_order([(name, next(tasks)) for name in lane], run))
                for lane in lanes
            ]
            for job in jobs:
                await job
            if any(task.error for task in change.tasks):
                break
        self._changes.finish(change)

    async def _in_order(self, steps: list[tuple[str, Task]], run: Any) -> None:
        """One lane: the first task that fails leaves the others undone."""
        for name, task in steps:
            if task.ready:
                return
            task.status = "Doing"
            try:
                remark = await run(name, task)
            except ServiceError as error:
                task.finish(str(error))
                return
            if remark:
                task.add_log(remark)
            task.finish()

    async def _start(self, name: str, task: Task) -> str:
        if name not in self._plan.services:
            raise ServiceError(f'cannot find service "{name}" in plan')
        service = self.of(name)
        try:
            return await service.start(self._plan.services[name])
        except ServiceError:
            output = service.last_output()
            if output:
                task.add_log(f"Most recent service output:\n{output}")
            raise

    async def _stop(self, name: str, task: Task) -> str:
        if name not in self.known:
            return f'Service "{name}" has never been started.'
        return await self.known[name].stop()

    def _abort(self, change: Change) -> None:
        """What has not begun stays undone; what is starting is killed; what is stopping, stops."""
        for task in change.tasks:
            if task.status == "Do":
                task.finish(status="Hold")
            elif task.kind == "start" and not task.ready:
                self.known[task.summary.split('"')[1]].abort_start()

    def check_failed(self, check: str) -> None:
        """A check went down: services that care do what they have to."""
        for service in self.known.values():
            entry = self._plan.services.get(service.name, {})
            action = entry.get("on-check-failure", {}).get(check)
            if action:
                service.check_failed(action)

    async def stop_all(self) -> None:
        """Stop everything that runs, dependants first."""
        running = [name for name, service in self.known.items() if service.alive]
        lanes = _only(self._plan.lanes(running, stopping=True), set(running))
        jobs = [self._loop.start(self._stop_lane(lane)) for lane in lanes]
        for job in jobs:
            await job

    async def _stop_lane(self, lane: list[str]) -> None:
        for name in lane:
            try:
                await self.known[name].stop()
            except ServiceError as error:
                self._logs.say(f'Service "{name}": {error}')

    def send_signal(self, number: int, names: list[str]) -> None:
        """Raises ApiError with each service that could not be told."""
        problems = []
        for name in names:
            try:
                if name not in self.known:
                    raise ServiceError("service is not running")
                self.known[name].signal(number)
            except (ServiceError, OSError) as error:
                problems.append(f'cannot send signal to "{name}": {error}')
        if problems:
            raise ApiError(500, "; ".join(problems))


def _only(lanes: Lanes, names: set[str]) -> Lanes:
    kept = [[name for name in lane if name in names] for lane in lanes]
    return [lane for lane in kept if lane]
