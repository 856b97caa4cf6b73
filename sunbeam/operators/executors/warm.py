"""Runs hooks in warm interpreters: one process per charm revision, started when first needed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Collection
from pathlib import Path

from sunbeam.operators.executors.entry import Entry
from sunbeam.operators.executors.streams import Pipe, finish, follow
from sunbeam.operators.executors.task import KILLED, HookResult, HookTask, OnLine


class Unfit(Exception):
    """The charm cannot run in a warm interpreter; the text says why."""


class WarmExecutor:
    """``scratch`` is an empty folder for private roots; interpreters end ``idle_seconds`` after use."""

    def __init__(self, tools: Collection[str], scratch: Path, idle_seconds: float = 60) -> None:
        self._tools = json.dumps(sorted(tools))
        self._scratch = scratch
        self._idle_seconds = idle_seconds
        self._interpreters: dict[tuple[Path, Entry], asyncio.Task[_Interpreter]] = {}

    async def run(self, task: HookTask, entry: Entry, on_line: OnLine) -> HookResult:
        """Raises Unfit, before anything of the hook ran."""
        key = (task.revision, entry)
        interpreter = await self._interpreter(key)
        interpreter.running += 1
        try:
            return await interpreter.run(task, on_line)
        finally:
            interpreter.running -= 1
            asyncio.get_running_loop().call_later(
                self._idle_seconds, self._end_if_idle, key, interpreter.uses
            )

    async def stop(self) -> None:
        pending, self._interpreters = self._interpreters, {}
        for starting in pending.values():
            starting.cancel() if not starting.done() else None
            if starting.done() and not starting.cancelled() and not starting.exception():
                await starting.result().stop()

    async def _interpreter(self, key: tuple[Path, Entry]) -> _Interpreter:
        starting = self._interpreters.get(key)
        if starting is not None and starting.done() and not _is_usable(starting):
            starting = None
        if starting is None:
            starting = self._interpreters[key] = asyncio.create_task(self._start(*key))
        return await asyncio.shield(starting)

    async def _start(self, revision: Path, entry: Entry) -> _Interpreter:
        scratch = str(self._scratch) if os.geteuid() == 0 else "-"
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [str(revision), entry.script, scratch, self._tools, *entry.python_path]
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "sunbeam.operators.executors.zygote", *arguments),
                stdin=theirs.fileno(),
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        interpreter = _Interpreter(process, ours)
        try:
            await interpreter.wait_until_ready()
        except BaseException:
            await interpreter.stop()
            raise
        return interpreter

    def _end_if_idle(self, key: tuple[Path, Entry], uses: int) -> None:
        starting = self._interpreters.get(key)
        if starting is None or not starting.done() or starting.cancelled() or starting.exception():
            return
        interpreter = starting.result()
        if interpreter.uses == uses and not interpreter.running:
            del self._interpreters[key]
            interpreter.end()


class _Interpreter:
    def __init__(self, process: asyncio.subprocess.Process, connection: socket.socket) -> None:
        self.uses = 0
        self.running = 0
        self._process = process
        self._connection = connection

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def wait_until_ready(self) -> None:
        self._connection.setblocking(False)
        answer = (await asyncio.get_running_loop().sock_recv(self._connection, 4096)).decode(errors="replace")
        self._connection.setblocking(True)  # requests are small: the buffer holds all that run at once
        if answer != "ready":
            raise Unfit(answer.removeprefix("unfit ") or "its interpreter ended while importing it")

    async def run(self, task: HookTask, on_line: OnLine) -> HookResult:
        self.uses += 1
        request = {
            "environment": task.environment,
            "charm": str(task.charm),
            "containers": str(task.containers) if task.containers else "",
            "hosts": str(task.hosts or ""),
        }
        result, output = await Pipe.open(), await Pipe.open()
        pid = 0
        following = asyncio.ensure_future(follow(output.reader, on_line))
        try:
            descriptors = [result.write_end, output.write_end]
            socket.send_fds(self._connection, [json.dumps(request).encode()], descriptors)
            result.give_away()
            output.give_away()
            pid = int((await result.reader.readline()).partition(b" ")[2] or 0)
            ending = await result.reader.readline()
            await finish(following)
            return HookResult(int(ending.partition(b" ")[2]) if ending else KILLED)
        except BaseException:
            if pid:
                os.killpg(pid, signal.SIGKILL)
            raise
        finally:
            following.cancel()
            result.close()
            output.close()

    def end(self) -> None:
        """Hang up: the interpreter kills what it runs and exits."""
        self._connection.close()

    async def stop(self) -> None:
        self.end()
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _is_usable(starting: asyncio.Task[_Interpreter]) -> bool:
    """A failed start is kept: a charm that was unfit once is not tried again until the engine restarts."""
    return not starting.cancelled() and (starting.exception() is not None or starting.result().alive)
