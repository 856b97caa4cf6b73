"""One service: a program kept running, and the states it goes through."""

from __future__ import annotations

import random
import signal
from contextlib import suppress

from .layer_schema import parse_command
from .loop import Future, Job, Loop, TimedOut
from .process import Child, Children
from .times import now, parse_duration
from .users import find_owner, process_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .logs import Logs

OKAY_DELAY = 1.0
KILL_DELAY = 5.0
FAIL_DELAY = 5.0
_LAST_LINES = 20

_STATUS = {"starting": "active", "running": "active", "terminating": "active", "killing": "active"}
_STATUS.update({"backoff": "backoff", "exited": "error", "stopped": "inactive"})


class ServiceError(Exception):
    """A service did not start or stop; the text is what its task fails with."""


class Service:
    """``config`` is the entry of the plan it was last started with.

    ``shut_down`` is called with the exit code that the whole manager shall end with.
    """

    def __init__(
        self, loop: Loop, children: Children, logs: Logs, name: str, shut_down: Callable[[int], None]
    ) -> None:
        self.name = name
        self.config: dict[str, Any] = {}
        self.state = "stopped"
        self.since = 0
        self.starts = 0
        self._loop = loop
        self._children = children
        self._logs = logs
        self._shut_down = shut_down
        self._child: Child | None = None
        self._watcher: Job | None = None
        self._outcome: Future | None = None
        self._backoff = 0.0
        self._restarting = False

    @property
    def status(self) -> str:
        return _STATUS[self.state]

    @property
    def alive(self) -> bool:
        """Running, or about to."""
        return self.state not in ("stopped", "exited")

    def _enter(self, state: str) -> None:
        if _STATUS[state] != _STATUS[self.state]:
            self.since = now()
        self.state = state

    def _say(self, text: str) -> None:
        self._logs.say(f'Service "{self.name}" {text}')

    async def start(self, config: dict[str, Any]) -> str:
        """Start and see that it still runs after a second; a remark when nothing had to be done.

        Raises ServiceError.  A service that ends early is restarted or not, as its configuration says.
        """
        self.config = config
        if self.state in ("starting", "running"):
            return f'Service "{self.name}" already started.'
        if self.state in ("terminating", "killing"):
            raise ServiceError(f"cannot start service while {self.state}")
        self._end_backoff()
        self._backoff = 0.0
        outcome = self._outcome = Future(self._loop)
        self._launch("starting")
        try:
            await self._loop.wait(outcome, OKAY_DELAY)
        except TimedOut:
            if self.state == "starting":
                self._enter("running")
        finally:
            self._outcome = None
        return ""

    def abort_start(self) -> None:
        """Kill what is starting; its ``start`` fails."""
        if self.state == "starting" and self._child is not None:
            self._enter("stopped")
            self._child.signal_group(signal.SIGKILL)
            self._fail_start("start aborted, sent SIGKILL to process")

    def _fail_start(self, reason: str) -> None:
        if self._outcome is not None:
            self._outcome.fail(ServiceError(reason))

    def last_output(self) -> str:
        """The last lines it printed, indented."""
        return self._logs.of(self.name).tail(_LAST_LINES)

    def _launch(self, state: str) -> None:
        config = self.config
        try:
            owner = find_owner(config)
            environment = process_environment(owner, config.get("environment", {}))
            argv = parse_command(config["command"])
            self._say(f"starting: {config['command']}")
            child = self._children.start(argv, environment, owner, config.get("working-dir"))
        except (OSError, ValueError) as error:
            self._enter("stopped")
            raise ServiceError(f"cannot start service: {error}") from error
        self._child = child
        self.starts += 1
        self._enter(state)
        self._watcher = self._loop.start(self._watch(child))

    async def _watch(self, child: Child) -> None:
        """From start to exit: pass on its output and do what the exit calls for."""
        assert child.process.stdout is not None
        reader = self._loop.start(self._logs.collect(self.name, child.process.stdout.fileno()))
        self._loop.start(self._close_after(reader, child))
        try:
            await self._loop.wait(child.exited, self._limit())
        except TimedOut:
            self._backoff = 0.0
        code = await child.exited
        # Its last words belong before whatever is made of its end; a grandchild may hold the pipe for ever.
        with suppress(TimedOut):
            await self._loop.wait(reader, 0.2)
        if child is self._child:
            self._watcher = None
            await self._exited(code)

    async def _close_after(self, reader: Job, child: Child) -> None:
        await reader
        assert child.process.stdout is not None
        child.process.stdout.close()

    async def _exited(self, code: int) -> None:
        self._child = None
        if self.state in ("terminating", "killing"):
            if self._restarting:
                self._say("exited after check failure, restarting")
                self._back_off("on-check-failure")
            else:
                self._say("stopped")
                self._enter("stopped")
        elif self.state in ("starting", "running"):
            kind = "on-failure" if code else "on-success"
            action = self.config.get(kind, "restart")
            self._say(f"stopped unexpectedly with code {code}, {kind} action is {action!r}")
            early = self.state == "starting"
            self._act(action, kind, failed=bool(code))
            if early:
                self._fail_start(f"service start attempt: exited quickly with code {code}, will {action}")

    def _act(self, action: str, kind: str, failed: bool) -> None:
        if action == "restart":
            self._back_off(kind)
        elif action == "ignore":
            self._enter("exited" if failed else "stopped")
        else:
            self._enter("exited")
            failure = failed if action == "shutdown" else action == "failure-shutdown"
            self._shut_down(10 if failure else 0)

    def _limit(self) -> float:
        return parse_duration(self.config.get("backoff-limit", "30s"))

    def _back_off(self, reason: str) -> None:
        limit = self._limit()
        if not self._backoff:
            self._backoff = parse_duration(self.config.get("backoff-delay", "500ms"))
        elif self._backoff < limit:
            self._backoff = min(self._backoff * float(self.config.get("backoff-factor", 2)), limit)
        self._say(f"{reason} action is 'restart', waiting ~{self._backoff:g}s before restart")
        self._restarting = False
        self._enter("backoff")
        self._watcher = self._loop.start(self._restart_after(self._backoff * random.uniform(1, 1.1)))

    async def _restart_after(self, delay: float) -> None:
        await self._loop.sleep(delay)
        if self.state == "backoff":
            try:
                self._launch("running")
            except ServiceError as error:
                self._say(f"{error}")
                self._back_off("on-failure")

    def _end_backoff(self) -> None:
        if self.state == "backoff" and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    async def stop(self) -> str:
        """SIGTERM to its process group, SIGKILL after kill-delay; a remark when nothing had to be done.

        Raises ServiceError when it survives both.
        """
        if self.state == "backoff":
            self._end_backoff()
            self._enter("stopped")
        if self.state == "exited":
            self._enter("stopped")
            return f'Service "{self.name}" had already exited.'
        if self._child is None:
            return f'Service "{self.name}" already stopped.'
        self._fail_start("stopped before the 1s okay delay")
        self._restarting = False
        if self.state not in ("terminating", "killing"):
            await self._terminate()
        elif self._watcher is not None:
            await self._watcher
        if self._child is not None:
            raise ServiceError("cannot stop service: process still running after SIGTERM and SIGKILL")
        return ""

    async def _terminate(self) -> None:
        child, watcher = self._child, self._watcher
        assert child is not None and watcher is not None
        child.signal_group(signal.SIGTERM)
        self._enter("terminating")
        delay = parse_duration(self.config["kill-delay"]) if "kill-delay" in self.config else KILL_DELAY
        try:
            await self._loop.wait(watcher, delay)
            return
        except TimedOut:
            child.signal_group(signal.SIGKILL)
            self._enter("killing")
        try:
            await self._loop.wait(watcher, FAIL_DELAY)
        except TimedOut:
            self._say("still running after SIGTERM and SIGKILL")

    def check_failed(self, action: str) -> None:
        """Do what ``on-check-failure`` says about a check that just went down."""
        if self.state not in ("running", "backoff", "exited") or action == "ignore":
            return
        self._say(f"on-check-failure action is {action!r}")
        if action != "restart":
            self._shut_down(0 if action == "success-shutdown" else 11)
        elif self.state == "running":
            self._restarting = True
            self._loop.start(self._terminate())
        elif self.state == "exited":
            self._back_off("on-check-failure")

    def signal(self, number: int) -> None:
        """Raises ServiceError."""
        if self.state not in ("starting", "running") or self._child is None:
            raise ServiceError("service is not running")
        self._child.signal(number)
