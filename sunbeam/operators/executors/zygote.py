"""A warm charm interpreter: imports ops and the charm once, then forks a child for each hook.

Arguments: the charm revision's folder, the script in it, a scratch folder (or ``-`` for no private root),
the names of the hook tools as JSON, entries of ``sys.path``.  Standard input is a SOCK_SEQPACKET socket to
the engine: we send ``ready`` or ``unfit REASON``; each message we get is a JSON hook with two file
descriptors, one for its result (``pid N``, ``exit N``), one for its output.  End of file means that the
engine is gone: every running hook is killed then.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

from sunbeam.operators.executors import mounts, tool_client

_MAXIMUM_REQUEST = 1 << 20


def main(arguments: list[str]) -> None:
    revision, script, scratch, tools, *python_path = arguments
    engine = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(revision)
    if scratch != "-":
        mounts.enter_private_root(Path(scratch))
        os.chdir(revision)
    sys.path[:0] = [str(Path(revision, script).parent), *(str(Path(revision, part)) for part in python_path)]
    engine.send(_warm_up(Path(revision, script)))
    sys.stdout.flush()  # what the import printed is not each hook's to print again
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: _reap(children))
    while True:
        message, descriptors, _, _ = socket.recv_fds(engine, _MAXIMUM_REQUEST, 2)
        if not message:
            break
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            engine.close()
            _run_hook(json.loads(message), script, frozenset(json.loads(tools)), *descriptors)
        children.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for descriptor in descriptors:
            os.close(descriptor)
    for pid in children:
        os.killpg(pid, signal.SIGKILL)


def _warm_up(script: Path) -> bytes:
    """Import what every hook would; a charm that cannot be imported so is imported in each hook instead."""
    try:
        specification = importlib.util.spec_from_file_location("_warm_charm", script)
        assert specification is not None and specification.loader is not None
        specification.loader.exec_module(importlib.util.module_from_spec(specification))
    except BaseException as error:
        return f"unfit importing {script.name} fails: {type(error).__name__}: {error}".encode()[:1000]
    if threading.active_count() > 1:
        return b"unfit importing it starts threads, which do not survive a fork"
    return b"ready"


def _reap(children: set[int]) -> None:
    try:
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            children.discard(pid)
    except ChildProcessError:
        children.clear()


def _run_hook(hook: dict[str, Any], script: str, tools: frozenset[str], result: int, output: int) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.setsid()
        os.write(result, b"pid %d\n" % os.getpid())
        os.set_inheritable(result, False)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        if hook["containers"]:
            mounts.show(hook["containers"], hook["hosts"])
        os.environ.clear()
        os.environ.update(hook["environment"])
        os.chdir(hook["charm"])
        sys.argv = [str(Path(hook["charm"], script))]
        _call_tools_directly(tools)
        code = _exit_code(sys.argv[0])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os.write(result, b"exit %d\n" % code)
        os._exit(code)


def _exit_code(script: str) -> int:
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)  # ops has put its own there
        return 1
    return 0


def _call_tools_directly(tools: frozenset[str]) -> None:
    """Replace ``subprocess.run`` for plain calls of hook tools: a new process each would cost far more."""
    real_run = subprocess.run

    def run(*positional: Any, **options: Any) -> Any:
        command = positional[0] if len(positional) == 1 else None
        if command is None or not _is_plain_tool_call(command, options, tools):
            return real_run(*positional, **options)
        given = options.get("input")
        encoding = options.get("encoding") or "utf-8"
        stdin = given.encode(encoding) if isinstance(given, str) else given
        code, raw_out, raw_err = tool_client.call(Path(command[0]).name, map(str, command[1:]), stdin)
        is_text = bool(options.get("encoding") or options.get("text") or options.get("universal_newlines"))
        out, err = (raw_out.decode(encoding), raw_err.decode(encoding)) if is_text else (raw_out, raw_err)
        if options.get("check") and code:
            raise subprocess.CalledProcessError(code, command, out, err)
        return subprocess.CompletedProcess(command, code, out, err)

    subprocess.run = run


def _is_plain_tool_call(command: Any, options: dict[str, Any], tools: frozenset[str]) -> bool:
    understood = {"capture_output", "check", "encoding", "input", "text", "universal_newlines"}
    return (
        isinstance(command, list | tuple)
        and bool(command)
        and Path(str(command[0])).name in tools
        and bool(options.get("capture_output"))
        and options.keys() <= understood
    )


if __name__ == "__main__":
    main(sys.argv[1:])
