"""What a bootstrap with these answers would do, asked of the command that would do it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.errors import Problem
from sunbeam.core.events import ChangePreviewed, Event, ProblemFound, parse_event
from sunbeam.core.foresight import Preview
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes

LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """``preview`` is None if problems stand in the way, or where ``error`` tells why there is none."""

    preview: Preview | None
    problems: tuple[Problem, ...] = ()
    error: str = ""


async def preview(
    processes: Processes, command: Sequence[str | Path], paths: Paths, words: Sequence[str]
) -> Outcome:
    """Run ``sunbeam WORDS --dry-run`` to its end; it changes nothing."""
    argv = [*command, *words, "--dry-run", "--output", "json"]
    root = {"SUNBEAM_ROOT": str(paths.root)}
    try:
        ended = await processes.run(argv, env=root, cwd=Path("/"), check=False, timeout=LONGEST_SECONDS)
    except (OSError, TimeoutError) as error:
        return Outcome(None, error=str(error) or "It took too long")
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
    )
