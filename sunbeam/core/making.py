"""Making a change in a worker: the lock, the journal, the logs and the engine, in that order.

Where there was no journal, a change that is refused or stopped before it began leaves none of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunbeam.core.change import Change
from sunbeam.core.disks import disk_full, says_full
from sunbeam.core.engine import Engine
from sunbeam.core.errors import Interrupted, PreflightFailed, SunbeamError
from sunbeam.core.event_log import EventLog
from sunbeam.core.events import Event
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.lock import Held, change_lock
from sunbeam.core.logs import log_to, print_to
from sunbeam.core.node import Node
from sunbeam.core.running import run
from sunbeam.core.traces import Traces
from sunbeam.core.worker import Channel, Worker, start_worker

logger = logging.getLogger(__name__)

Deed = Callable[[Engine, Change, Journal], Coroutine[Any, Any, None]]
"""What is done with a change, once the lock is ours."""


async def do(engine: Engine, change: Change, journal: Journal) -> None:
    """Do the change, or continue it."""
    await engine.run(change)


@dataclass(frozen=True)
class Making:
    """``build`` gives the change for ``deed``; ``command`` is what a person types to continue."""

    node: Node
    build: Callable[[Node], Change]
    command: str
    deed: Deed = do

    def start(self) -> Worker:
        """Do it in a worker; how it goes and ends is for ``Worker.receive`` to tell."""
        return start_worker(self._make)

    def _make(self, channel: Channel) -> None:
        traces = Traces(self.node.paths)
        try:
            with change_lock(self.node.paths.change_lock) as held:
                try:
                    self._journaled(held, channel).afterwards()
                except (PreflightFailed, Interrupted):
                    if not held.change:
                        traces.remove()
                    raise
        except SunbeamError as error:
            error.redact(self.node.redactor.redact)
            raise

    def _journaled(self, held: Held, channel: Channel) -> Change:
        node = self.node
        with ExitStack() as stack:
            journal = stack.enter_context(closing(Journal(node.paths.journal)))
            stack.enter_context(log_to(node.paths.worker_log, node.redactor))
            print_to(node.paths.worker_log, node.redactor)
            stack.enter_context(self._foreseen())
            change = self.build(node)

            def opened(number: int, log: Path, offset: int) -> None:
                held.tell(number)
                channel.began(number, log, offset)

            log = stack.enter_context(EventLog(node.paths.change_logs, opened))

            def listen(event: Event) -> None:
                (log if event.change else channel.tell)(event)

            host = Host(node.processes, journal, node.paths, node.clock, node.redactor)
            engine = Engine(
                journal, host, node.paths, node.clock, node.redactor, listen, command=self.command
            )
            run(self.deed(engine, change, journal))
        return change

    @contextmanager
    def _foreseen(self) -> Iterator[None]:
        """What nobody foresaw is logged, and told without what it may hold."""
        try:
            yield
        except SunbeamError:
            raise
        except Exception as error:
            logger.exception("the change ended with an error that nobody foresaw")
            paths = self.node.paths
            if says_full(error):
                raise disk_full("The change", error, [paths.state, paths.run]) from None
            raise SunbeamError(
                "Sunbeam met an error that it does not know",
                where=str(paths.worker_log),
                why=f"{type(error).__name__}: {error}",
                next_command=self.command,
                id="unknown-error",
            ) from None
