"""Running a command for a client, which feeds and reads it through websockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess

from .changes import Changes
from .errors import ApiError
from .http import Disconnected, Request
from .loop import Future, Job, Loop, TimedOut
from .plan import Plan
from .process import Child, Children
from .times import parse_duration
from .users import Owner, find_owner, process_environment
from .websocket import BINARY, TEXT, WebSocket, upgrade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONNECT_TIMEOUT = 5.0
_DRAIN_TIMEOUT = 1.0
_END = '{"command":"end"}'


class Execution:
    """A command as it was asked for; raises ApiError when it cannot be run at all."""

    def __init__(self, loop: Loop, children: Children, plan: Plan, wanted: dict[str, Any]) -> None:
        self._loop = loop
        self._children = children
        self.command = [str(word) for word in wanted.get("command") or []]
        if not self.command:
            raise ApiError(400, "must specify command")
        if wanted.get("terminal") or wanted.get("interactive"):
            raise ApiError(400, "a terminal is not supported, run the command without one")
        context = _context(plan, wanted.get("service-context") or "")
        settings = {**context, **{key: value for key, value in wanted.items() if value not in (None, "")}}
        try:
            self._owner: Owner | None = find_owner(settings)
            self._timeout = parse_duration(wanted["timeout"]) if wanted.get("timeout") else None
        except ValueError as error:
            raise ApiError(400, str(error)) from error
        self.environment = process_environment(
            self._owner, context.get("environment", {}), wanted.get("environment") or {}
        )
        self.folder = settings.get("working-dir") or self.environment.get("HOME") or "/"
        if not os.path.isdir(self.folder):
            raise ApiError(400, f'working directory "{self.folder}" does not exist')
        if not _find_executable(self.command[0], self.environment.get("PATH", os.defpath)):
            raise ApiError(400, f'cannot find executable "{self.command[0]}"')
        self._split = bool(wanted.get("split-stderr"))
        names = ["control", "stdio", *(["stderr"] if self._split else [])]
        self._sockets = {name: Future(loop) for name in names}
        self._child: Child | None = None
        self.over = Future(loop)

    async def connect(self, name: str, request: Request) -> None:
        """Take a websocket and hold it until all is over.  Raises ApiError."""
        waiting = self._sockets.get(name)
        if waiting is None or waiting.done:
            raise ApiError(400, f'no websocket "{name}" is waited for')
        waiting.resolve(await upgrade(request))
        await self.over

    def kill(self) -> None:
        if self._child is not None:
            self._child.signal_group(signal.SIGKILL)

    async def run(self) -> tuple[int | None, str]:
        """The exit code, or None and what went wrong."""
        try:
            for waiting in self._sockets.values():
                await self._loop.wait(waiting, _CONNECT_TIMEOUT)
            sockets = {name: waiting.value for name, waiting in self._sockets.items()}
            child = self._child = self._children.start(
                self.command,
                self.environment,
                self._owner,
                self.folder,
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE if self._split else subprocess.STDOUT,
            )
        except TimedOut:
            return None, "exec: timed out waiting for websocket connections"
        except OSError as error:
            return None, f"cannot run {self.command[0]!r}: {error}"
        jobs = [self._loop.start(self._feed(child, sockets["stdio"]))]
        jobs.append(self._loop.start(self._obey(child, sockets["control"])))
        outputs = [self._loop.start(self._forward(child.process.stdout, sockets["stdio"]))]
        if self._split:
            outputs.append(self._loop.start(self._forward(child.process.stderr, sockets["stderr"])))
        try:
            return await self._finish(child, outputs)
        finally:
            for job in jobs + outputs:
                job.cancel()
            for job in jobs + outputs:
                await job
            for pipe in (child.process.stdin, child.process.stdout, child.process.stderr):
                if pipe is not None:
                    pipe.close()

    async def _finish(self, child: Child, outputs: list[Job]) -> tuple[int | None, str]:
        try:
            code = await self._loop.wait(child.exited, self._timeout)
        except TimedOut:
            child.signal_group(signal.SIGKILL)
            await child.exited
            code = None
        for output in outputs:
            try:
                await self._loop.wait(output, _DRAIN_TIMEOUT)
            except TimedOut:  # something it started still holds the pipe
                continue
        for name, waiting in self._sockets.items():
            if name != "control":
                try:
                    await waiting.value.send_text(_END)
                except (Disconnected, TimedOut):
                    continue
        return (
            code,
            "" if code is not None else f"timed out after {self._timeout:g}s: context deadline exceeded",
        )

    async def _feed(self, child: Child, socket: WebSocket) -> None:
        """What the client sends becomes standard input; its end message, or its absence, closes that."""
        pipe = child.process.stdin
        assert pipe is not None
        try:
            while True:
                kind, data = await socket.receive()
                if kind == TEXT and _command(data).get("command") == "end":
                    break
                while kind == BINARY and data:
                    try:
                        data = data[os.write(pipe.fileno(), data) :]
                    except BlockingIOError:
                        await self._loop.writable(pipe.fileno())
        except (Disconnected, BrokenPipeError):
            pass
        pipe.close()

    async def _obey(self, child: Child, socket: WebSocket) -> None:
        """Signals that the client asks for go to the command."""
        while True:
            try:
                _, data = await socket.receive()
            except Disconnected:
                return
            message = _command(data)
            if message.get("command") == "signal":
                try:
                    child.signal(signal.Signals[message["signal"]["name"]])
                except (KeyError, TypeError, OSError):
                    continue

    async def _forward(self, pipe: Any, socket: WebSocket) -> None:
        """Output goes to the client; without one it is thrown away, so that the command can go on."""
        connected = True
        while True:
            await self._loop.readable(pipe.fileno())
            data = os.read(pipe.fileno(), 65536)
            if not data:
                return
            try:
                if connected:
                    await socket.send_binary(data)
            except (Disconnected, TimedOut):
                connected = False


class Executions:
    """Commands that wait for their websockets or run, by the id of their task."""

    def __init__(self, loop: Loop, children: Children, plan: Plan, changes: Changes) -> None:
        self._loop = loop
        self._children = children
        self._plan = plan
        self._changes = changes
        self._running: dict[str, Execution] = {}

    def begin(self, wanted: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The change's id and what POST /v1/exec answers.  Raises ApiError."""
        execution = Execution(self._loop, self._children, self._plan, wanted)
        summary = f'Execute command "{execution.command[0]}"'
        change = self._changes.add("exec", summary, [("exec", summary)])
        task = change.tasks[0]
        task.status = "Doing"
        change.abort = execution.kill
        self._running[task.id] = execution

        async def run() -> None:
            code, problem = await execution.run()
            del self._running[task.id]
            if code is not None:
                task.data["exit-code"] = code
            task.finish(problem)
            self._changes.finish(change)
            execution.over.resolve()

        self._loop.start(run())
        return change.id, {
            "task-id": task.id,
            "environment": execution.environment,
            "working-dir": execution.folder,
        }

    async def connect(self, task: str, name: str, request: Request) -> None:
        """Raises ApiError."""
        if task not in self._running:
            raise ApiError(404, f'cannot find task with id "{task}"', "not-found")
        await self._running[task].connect(name, request)


def _find_executable(name: str, path: str) -> bool:
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in path.split(":")]
    return any(os.path.isfile(place) and os.access(place, os.X_OK) for place in places)


def _context(plan: Plan, name: str) -> dict[str, Any]:
    """The settings of the service whose context a command runs in."""
    if not name:
        return {}
    if name not in plan.services:
        raise ApiError(400, f'context service "{name}" not found')
    return {
        key: value
        for key, value in plan.services[name].items()
        if key in ("user", "user-id", "group", "group-id", "working-dir", "environment")
    }


def _command(data: bytes) -> dict[str, Any]:
    try:
        message = json.loads(data)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
