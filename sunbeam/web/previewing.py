"""What the JSON lines of a command say: what a bootstrap would do, what stands in its way."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sunbeam.core.errors import Problem
from sunbeam.core.events import ChangePreviewed, Event, ProblemFound, parse_event
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
    problems = tuple(problem_of(event) for event in events if isinstance(event, ProblemFound))
    return Outcome(found, problems, ended.stderr.strip().removeprefix("Error: "))


def parse_line(line: str | bytes) -> Event | None:
    """The event of a line of ``--output json``; None if it is none that is known."""
    try:
        return parse_event(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None


def problem_of(event: ProblemFound) -> Problem:
    return Problem(
        event.what,
        event.where,
        event.why,
        event.next_command,
        "warning" if event.severity == "warning" else "error",
        event.id,
        event.evidence,
        event.fix,
    )
