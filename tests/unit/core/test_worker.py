"""What crosses from a worker to its watcher."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import threading
from pathlib import Path

import pytest

from sunbeam.core.errors import Interrupted, NeedsPerson, PreflightFailed, Problem, SunbeamError
from sunbeam.core.event_log import EventLog
from sunbeam.core.events import ChangeStarted, Event, ProblemFound, TaskProgress
from sunbeam.core.running import run
from sunbeam.core.watching import follow_worker
from sunbeam.core.worker import Channel, start_worker


class Shown(list[Event]):
    def __call__(self, event: Event) -> None:
        self.append(event)

    def tick(self) -> None:
        """Nothing changes with time."""


@pytest.mark.parametrize(
    "error",
    [
        SunbeamError("what", where="here", why="why", next_command="next"),
        NeedsPerson("plug it in", next_command="next"),
        PreflightFailed([Problem("a", next_command="b"), Problem("c", severity="warning")]),
        OSError(28, "No space left on device", "/a"),
    ],
)
def test_errors_arrive_as_what_they_are(error: Exception) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error) and str(arrived) == str(error)
    assert getattr(arrived, "exit_code", 1) == getattr(error, "exit_code", 1)


class Held(SunbeamError):
    """An error that holds what cannot be sent."""

    def __init__(self) -> None:
        super().__init__("it holds a lock")
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("error", "kind"), [(Held(), SunbeamError), (Interrupted("x"), Interrupted), (KeyError("k"), KeyError)]
)
def test_what_the_work_raises_is_raised_by_its_watcher(error: Exception, kind: type[Exception]) -> None:
    def work(channel: Channel) -> None:
        raise error

    with pytest.raises(kind, match=str(error).strip("'")):
        follow_worker(start_worker(work), Shown())


def test_events_come_in_order_even_if_the_log_is_removed_meanwhile(tmp_path: Path) -> None:
    before, after = ProblemFound(0, "warning", "late"), TaskProgress(3, "t", "still here")
    earlier = TaskProgress(3, "t", "of an earlier run")
    with EventLog(tmp_path) as log:
        log(earlier)

    def work(channel: Channel) -> None:
        channel.tell(before)
        with EventLog(tmp_path, lambda change, file, offset: channel.began(change, file, offset)) as log:
            log(ChangeStarted(3, "k", "T", (("t", "Do it"),)))
            (tmp_path / "3.ndjson").unlink()
            log(after)

    shown = Shown()
    follow_worker(start_worker(work), shown)
    assert [type(event) for event in shown] == [ProblemFound, ChangeStarted, TaskProgress]
    assert shown[0] == before and shown[-1] == after


def test_a_worker_has_a_session_and_no_terminal() -> None:
    reader, writer = os.pipe()

    def work(channel: Channel) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        standard = [str(Path(f"/proc/self/fd/{number}").readlink()) for number in range(3)]
        os.write(writer, repr([os.getsid(0) == os.getpid(), *standard]).encode())

    follow_worker(start_worker(work), Shown())
    assert os.read(reader, 1000).decode() == repr([True, *["/dev/null"] * 3])
    os.close(reader)
    os.close(writer)


class Swallowing:
    """Python only tells of an exception that is raised here."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))


def test_an_interrupt_that_comes_where_exceptions_are_lost_is_heard_when_the_loop_runs() -> None:
    def work(channel: Channel) -> None:
        Swallowing()
        run(asyncio.sleep(300))

    with pytest.raises(Interrupted):
        follow_worker(start_worker(work), Shown())


def test_a_killed_worker_is_told() -> None:
    def work(channel: Channel) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(SunbeamError, match="cut off") as told:
        follow_worker(start_worker(work), Shown())
    assert "signal 9" in told.value.why and told.value.next_command
