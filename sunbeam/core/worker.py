"""A process of its own for a change: it outlives the terminal and the command that started it.

A worker is a fork of the command, which has imported everything already.  It must be started before the
command has an event loop or a thread.  What it does is read from the change's log; over the channel come
only what has no number yet, where the log begins, and how the work ended.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import NoReturn

from sunbeam.core.errors import ExitCode, SunbeamError
from sunbeam.core.events import Event
from sunbeam.core.running import INTERRUPTS


@dataclass(frozen=True)
class Told:
    """An event of a change that has no number."""

    event: Event


@dataclass(frozen=True)
class Began:
    """The change has a number.  Its log from ``offset`` on is what this worker does; ``log`` is open."""

    change: int
    offset: int
    log: int


@dataclass(frozen=True)
class Ended:
    """The work is over; ``error`` is what it raised."""

    error: BaseException | None


Message = Told | Began | Ended


class Channel:
    """The worker's end.  Nobody needs to listen: a watcher that is gone does not stop the work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, event: Event) -> None:
        self._send(Told(event))

    def began(self, change: int, log: Path, offset: int) -> None:
        """The open log is handed over, for a change that removes its own log."""
        with suppress(OSError), log.open("rb") as opened:
            self._send(Began(change, offset, -1))
            send_handle(self._connection, opened.fileno(), os.getppid())

    def ended(self, error: BaseException | None) -> None:
        try:
            self._send(Ended(error))
        except Exception:  # an error that holds what cannot be sent
            self._send(Ended(SunbeamError(str(error), id="unknown-error")))

    def _send(self, message: Message) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send(message)


class Worker:
    """The watcher's end."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self._connection = connection

    def receive(self, seconds: float) -> Message | None:
        """What comes within ``seconds``; None if nothing does.  Raises EOFError when the worker is gone."""
        if not self._connection.poll(seconds):
            return None
        message: Message = self._connection.recv()
        if isinstance(message, Began):
            return Began(message.change, message.offset, recv_handle(self._connection))
        return message

    def interrupt(self) -> None:
        """Ask it to stop; it ends the tasks at work and journals how far it came."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Its exit code; the negative number of the signal that killed it."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def start_worker(work: Callable[[Channel], None]) -> Worker:
    """Do ``work`` in a new process, whose output goes nowhere; only within ``run`` it hears signals."""
    ours, theirs = Pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return Worker(pid, ours)
    ours.close()
    _be_a_worker(work, Channel(theirs))


def _be_a_worker(work: Callable[[Channel], None], channel: Channel) -> NoReturn:
    code: int = ExitCode.FAILED
    try:
        _leave_terminal()
        failure = _failure(work, channel)
        code = getattr(failure, "exit_code", ExitCode.FAILED) if failure else ExitCode.DONE
        channel.ended(failure)
    finally:
        os._exit(code)


def _failure(work: Callable[[Channel], None], channel: Channel) -> BaseException | None:
    try:
        work(channel)
    except SunbeamError as error:
        return error
    except BaseException as error:
        error.add_note("".join(traceback.format_exception(error)))
        return error
    return None


def _leave_terminal() -> None:
    """A session of its own: neither Ctrl-C nor the end of the terminal reaches it."""
    os.setsid()
    # Not SIG_IGN, which the programs that it starts would inherit.
    signal.signal(signal.SIGHUP, lambda number, frame: None)
    for number in INTERRUPTS:
        signal.signal(number, signal.default_int_handler)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
