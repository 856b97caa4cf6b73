"""The report as one HTML file: no script, nothing fetched, light and dark, readable aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from sunbeam.cli.render_text import duration as whole_duration
from sunbeam.core.journal import ChangeRecord
from sunbeam.report.timeline import Span, Timeline

TICKS = 6
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
SLOWEST = 12
PRECISE = 10.0


@dataclass(frozen=True)
class Bar:
    """A span as parts of the whole, in percent; ``decisive`` is that end of ``working`` that counts."""

    span: Span
    left: float
    waiting: float
    working: float
    decisive: float


def render(record: ChangeRecord, timeline: Timeline, status: str, facts: Mapping[str, str]) -> str:
    """The page; ``status`` is the change's status as it is now."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    path = timeline.critical()
    return environment.get_template("report.html").render(
        record=record,
        status=status,
        timeline=timeline,
        began=_moment(timeline.began),
        seconds=timeline.ended - timeline.began,
        groups=_groups(_bars(timeline, path)),
        ticks=_ticks(timeline),
        slowest=timeline.worked()[:SLOWEST],
        critical=path,
        failed=[span for span in timeline.spans if span.error],
        unchanged=[span for span in timeline.spans if span.status == "unchanged"],
        facts=facts,
    )


def _bars(timeline: Timeline, path: Sequence[Span]) -> list[Bar]:
    whole = max(timeline.ended - timeline.began, 0.001)
    decisive = {(span.task, span.ended): span.worked for span in path}
    return [
        Bar(
            span,
            100 * (span.asked - timeline.began) / whole,
            100 * span.waited / whole,
            100 * span.worked / whole,
            100 * decisive.get((span.task, span.ended), 0.0) / whole,
        )
        for span in timeline.spans
        if span.status != "unchanged"
    ]


def _groups(bars: Sequence[Bar]) -> dict[str, list[Bar]]:
    """By phase, in the order of their begins."""
    groups: dict[str, list[Bar]] = {}
    for bar in bars:
        groups.setdefault(bar.span.phase, []).append(bar)
    return groups


def _ticks(timeline: Timeline) -> list[dict[str, Any]]:
    """A few round times along the whole."""
    whole = max(timeline.ended - timeline.began, 0.001)
    step = next((each for each in STEPS if whole / each <= TICKS), int(whole / TICKS))
    return [{"left": 100 * at / whole, "text": whole_duration(at)} for at in range(0, int(whole) + 1, step)]


def duration(seconds: float) -> str:
    """``0.4 s``, ``42 s``, ``3:12``, ``1:02:03``."""
    return f"{seconds:.1f} s" if seconds < PRECISE else whole_duration(seconds)


def _moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
