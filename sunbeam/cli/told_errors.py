"""Errors as events: what a program that reads ``--output json`` has to know is on standard output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from sunbeam.cli.session import Output
from sunbeam.core.errors import PreflightFailed, SunbeamError
from sunbeam.core.events import ProblemFound


@contextmanager
def errors_told(output: Output) -> Iterator[None]:
    """Within, an error that no event has told becomes events, if ``output`` is JSON."""
    try:
        yield
    except SunbeamError as error:
        if output is Output.JSON and not error.told:
            _tell(error)
        raise


def _tell(error: SunbeamError) -> None:
    from sunbeam.cli.render import JsonLines

    show = JsonLines()
    for event in _events(error):
        show(event)
    error.told = True


def _events(error: SunbeamError) -> Sequence[ProblemFound]:
    """One for each problem it was found to have, or else for itself."""
    if isinstance(error, PreflightFailed):
        return [ProblemFound(0, **asdict(problem)) for problem in error.problems]
    return [ProblemFound(0, "error", error.what, error.where, error.why, error.next_command, error.id)]
