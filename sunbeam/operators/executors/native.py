"""Runs hooks as Juju does: the charm's own dispatch in a new process, on this host or in a machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from sunbeam.operators.executors.streams import Pipe, finish, follow
from sunbeam.operators.executors.task import HookResult, HookTask, OnLine

_MACHINE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_IN_CHARM_FOLDER = ("/bin/sh", "-c", 'cd "$JUJU_CHARM_DIR" && exec "$@"', "sh")
_NAMESPACES = ("-m", "-u", "-n", "-i", "-p", "--")
TIMED_OUT = 124


class NativeExecutor:
    """``scratch`` is an empty folder, for the private roots of hooks that see workload containers."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    async def run(self, task: HookTask, on_line: OnLine) -> HookResult:
        command = _command(task)
        if command is None:
            return HookResult(0)
        kept: tuple[list[str], list[str]] = ([], [])
        script = task.script
        sinks: tuple[OnLine, OnLine] = (
            (on_line, on_line) if script is None else (kept[0].append, kept[1].append)
        )
        code = await self._run(task, command, sinks)
        return HookResult(code, _joined(kept[0]), _joined(kept[1]))

    async def stop(self) -> None:
        """Nothing is kept between hooks."""

    async def _run(self, task: HookTask, command: list[str], sinks: tuple[OnLine, OnLine]) -> int:
        lifeline, our_end = os.pipe()
        out, err = await Pipe.open(), await Pipe.open()
        views = (str(task.containers), str(task.hosts or ""), str(self._scratch))
        private = task.containers is not None and not task.machine_pid and os.geteuid() == 0
        process = None
        following = asyncio.ensure_future(_follow_both(out, err, sinks))
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "sunbeam.operators.executors.launch"),
                *(
                    str(lifeline),
                    *(views if private else "---"),
                    *command,
                ),
                cwd=task.charm,
                env=_environment(task),
                stdin=asyncio.subprocess.DEVNULL if task.script is None else asyncio.subprocess.PIPE,
                stdout=out.write_end,
                stderr=err.write_end,
                pass_fds=(lifeline,),
                start_new_session=True,
            )
            out.give_away()
            err.give_away()
            async with asyncio.timeout(task.timeout):
                await process.communicate((task.script or "").encode() if task.script is not None else None)
            await finish(following)
            return process.returncode or 0
        except TimeoutError:
            return TIMED_OUT
        finally:
            if process is not None and process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            following.cancel()
            for pipe in (out, err):
                pipe.close()
            os.close(lifeline)
            os.close(our_end)


def _command(task: HookTask) -> list[str] | None:
    """What to execute; None for a hook that a charm without dispatch does not have."""
    if task.script is not None:
        inner = ["/bin/sh", "-s"] if task.machine_pid or not shutil.which("bash") else ["bash", "-s"]
    else:
        program = task.charm / "dispatch"
        if not program.exists():
            program = task.charm / task.environment["JUJU_DISPATCH_PATH"]
        if not program.exists():
            return None
        inner = [str(program)]
    if not task.machine_pid:
        return inner
    nsenter = shutil.which("nsenter")
    if nsenter is None:
        raise FileNotFoundError("nsenter (package util-linux) is needed to run hooks of machine units")
    return [nsenter, "-t", str(task.machine_pid), *_NAMESPACES, *_IN_CHARM_FOLDER, *inner]


def _environment(task: HookTask) -> dict[str, str]:
    if not task.machine_pid:
        return task.environment
    tools = task.environment["PATH"].partition(":")[0]
    return {**task.environment, "PATH": f"{tools}:{_MACHINE_PATH}"}


async def _follow_both(out: Pipe, err: Pipe, sinks: tuple[OnLine, OnLine]) -> None:
    await asyncio.gather(follow(out.reader, sinks[0]), follow(err.reader, sinks[1]))


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
