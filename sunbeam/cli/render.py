"""Shows the events of a change: a live picture on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sunbeam.cli.render_plain import Plain, Quiet, say
from sunbeam.cli.session import Output
from sunbeam.core.events import Event
from sunbeam.core.watching import Shown


@contextmanager
def renderer(output: Output) -> Iterator[Shown]:
    """For ``output`` and what standard output is."""
    if output is Output.JSON:
        yield JsonLines()
    elif output is Output.QUIET:
        yield Quiet()
    elif sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with _live(verbose=output is Output.VERBOSE) as live:
            yield live
    else:
        yield Plain(verbose=output is Output.VERBOSE)


class JsonLines:
    """Each event as a line."""

    def __call__(self, event: Event) -> None:
        say(json.dumps(event.as_dict()))

    def tick(self) -> None:
        """Lines do not change with time."""


@contextmanager
def _live(*, verbose: bool) -> Iterator[Shown]:
    from sunbeam.cli.render_frame import printed_above
    from sunbeam.cli.render_live import Live

    live = Live(sys.stdout, verbose=verbose)
    with printed_above(live.say):
        try:
            yield live
        finally:
            live.close()
