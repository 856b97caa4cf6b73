"""``sunbeam web`` on a machine without a running sunbeamd: the view in this process until that has it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.lock import holder
from sunbeam.core.paths import Paths
from sunbeam.web.answers import forget_answers
from sunbeam.web.change_feed import ChangeFeed
from sunbeam.web.serving import LOOK_SECONDS, Served, listening
from sunbeam.web.settings import WebSettings, web_folder

HANDED_OVER = "The cloud is up: sunbeamd serves the page from now on, at the same address."
CLOSED = "The page is closed."
GOES_ON = "The page is closed; the change goes on. Follow it with: sunbeam attach"


async def serve(paths: Paths, settings: WebSettings, ready: Callable[[], None]) -> str:
    """Serve until Ctrl-C, or until sunbeamd serves the same; returns a sentence on why it ended.

    ``ready`` is called when the port is open.  Raises SunbeamError if it cannot be had.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    settings.write(paths)
    try:
        async with listening(paths, settings):
            ready()
            handed_over = await _until_taken_over(paths, settings, stopping)
    finally:
        changing = holder(paths.change_lock) is not None
        if not changing and not NodeSettings.exists(paths):
            leave_no_trace(paths)
    if handed_over:
        forget_answers(paths)
    return HANDED_OVER if handed_over else GOES_ON if changing else CLOSED


async def _until_taken_over(paths: Paths, settings: WebSettings, stopping: asyncio.Event) -> bool:
    changes = ChangeFeed(paths)
    while not stopping.is_set():
        served = Served.read(paths)
        if served == Served(settings.host, settings.port) and not _is_under_way(paths, changes):
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
    return False


def _is_under_way(paths: Paths, changes: ChangeFeed) -> bool:
    """This page stays while there is something on it that sunbeamd might not live to show."""
    newest = changes.newest()
    return holder(paths.change_lock) is not None or (newest is not None and newest.resumable)


@contextmanager
def alone(paths: Paths) -> Iterator[bool]:
    """Whether this is the only foreground view; the kernel frees the lock with its holder."""
    descriptor = os.open(web_folder(paths) / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def leave_no_trace(paths: Paths) -> None:
    """Remove what the view wrote on a machine that did not become a cloud."""
    shutil.rmtree(paths.etc / "web", ignore_errors=True)
    with suppress(OSError):
        paths.etc.rmdir()
