"""The parts of a running service manager, and its life from start to shutdown."""

from __future__ import annotations

import os
import signal
import socket

from . import VERSION
from .changes import Changes
from .checks import Checks
from .errors import ApiError
from .execution import Executions
from .http import Stream
from .identities import Identities
from .logs import Logs
from .loop import Future, Job, Loop
from .notices import Notices
from .plan import Plan
from .process import Children
from .services import Services

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any


class Daemon:
    """``folder`` holds layers/, ``address`` is the socket's path, ``echo`` prints what services print."""

    def __init__(self, folder: str, address: str, echo: bool) -> None:
        self.loop = Loop()
        self.boot_id = _random_uuid()
        self.logs = Logs(self.loop, echo)
        self.notices = Notices(self.loop)
        self.changes = Changes(self.loop, self.notices)
        self.identities = Identities()
        self.plan = Plan()
        self._children = Children(self.loop)
        self.services = Services(
            self.loop, self._children, self.plan, self.changes, self.logs, self.shut_down
        )
        self.checks = Checks(self.loop, self._children, self.plan, self.changes, self.services.check_failed)
        self.executions = Executions(self.loop, self._children, self.plan, self.changes)
        self._folder = folder
        self._address = address
        self._over = Future(self.loop)

    def describe(self) -> dict[str, Any]:
        return {"version": VERSION, "boot-id": self.boot_id, "http-address": "", "https-address": ""}

    def shut_down(self, code: int) -> None:
        """Begin to end with this exit code; what comes later is ignored."""
        self._over.resolve(code)

    def run(self, serve: Callable[[Daemon, Stream], Awaitable[None]], hold: bool) -> int:
        """Until shut down; the exit code.  Unless ``hold``, enabled services are started.

        Raises ApiError for a wrong layer file and OSError for a socket that cannot be made.
        """
        self.plan.load(os.path.join(self._folder, "layers"))
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.on_signal(number, lambda: self.shut_down(0))
        listener = _listen(self._address)
        return int(self.loop.run(self._live(listener, serve, hold)))

    async def _live(self, listener: socket.socket, serve: Any, hold: bool) -> int:
        accepting = self.loop.start(self._accept(listener, serve))
        self.logs.say(f"{VERSION} listens on {self._address}, boot id {self.boot_id}")
        self.checks.follow_plan()
        if not hold and self.services.enabled():
            self.services.act("autostart", [])
        code = await self._over
        self.logs.say("stopping all services")
        self.checks.stop_all()
        await self.services.stop_all()
        await self._close(accepting, listener)
        return int(code)

    async def _accept(self, listener: socket.socket, serve: Any) -> None:
        while True:
            await self.loop.readable(listener.fileno())
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            self.loop.start(serve(self, Stream(self.loop, connection)))

    async def _close(self, accepting: Job, listener: socket.socket) -> None:
        accepting.cancel()
        await accepting
        listener.close()
        os.unlink(self._address)


def _listen(address: str) -> socket.socket:
    """Any user may connect; what each may do is decided by its user id."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if os.path.exists(address):
        os.unlink(address)
    listener.bind(address)
    os.chmod(address, 0o666)
    listener.listen(128)
    listener.setblocking(False)
    return listener


def _random_uuid() -> str:
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def check_folder(folder: str, create: bool) -> None:
    """Have the folder of layers.  Raises ApiError."""
    if create:
        os.makedirs(os.path.join(folder, "layers"), exist_ok=True)
    elif not os.path.isdir(folder):
        raise ApiError(500, f"folder {folder} does not exist, use --create-dirs to have it made")
