"""What the JSON lines of a command say: what a bootstrap would do, what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

from sunbeam.core.errors import Problem
from sunbeam.core.event_log import parse_line
from sunbeam.core.events import ChangePreviewed, ProblemFound
from sunbeam.core.foresight import Preview
from sunbeam.core.process import Completed


@dataclass(frozen=True)
class Outcome:
    """``preview`` is None if problems stand in the way, or where ``error`` tells why there is none."""

    preview: Preview | None
    problems: tuple[Problem, ...] = ()
    error: str = ""


def outcome(ended: Completed) -> Outcome:
    """What a dry run with JSON output told."""
    events = [event for line in ended.stdout.splitlines() if (event := parse_line(line)) is not None]
    found = next((event.preview for event in events if isinstance(event, ChangePreviewed)), None)
    problems = tuple(event.problem for event in events if isinstance(event, ProblemFound))
    return Outcome(found, problems, ended.stderr.strip().removeprefix("Error: "))
