"""Making a change in a worker: the lock, the journal, the logs and the engine, in that order."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunbeam.core.change import Change
from sunbeam.core.engine import Engine
from sunbeam.core.errors import SunbeamError
from sunbeam.core.event_log import EventLog
from sunbeam.core.events import Event
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.lock import Held, change_lock
from sunbeam.core.logs import log_to, print_to
from sunbeam.core.node import Node
from sunbeam.core.running import run
from sunbeam.core.worker import Channel, Worker, start_worker

LOG = "sunbeam.log"
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
        redact = self.node.redactor.redact
        try:
            with change_lock(self.node.paths.change_lock) as held:
                self._journaled(held, channel).afterwards()
        except SunbeamError as error:
            error.redact(redact)
            raise
        except Exception as error:
            error.add_note(redact("".join(traceback.format_exception(error))))
            raise

    def _journaled(self, held: Held, channel: Channel) -> Change:
        node = self.node
        with ExitStack() as stack:
            journal = stack.enter_context(closing(Journal(node.paths.journal)))
            stack.enter_context(log_to(node.paths.logs / LOG, node.redactor))
            print_to(node.paths.logs / LOG)
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
