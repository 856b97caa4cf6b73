"""The clock: right, kept right by somebody, and not before the day this software was made."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sunbeam.checks import web
from sunbeam.checks.check import CheckContext
from sunbeam.checks.sources import apt
from sunbeam.checks.wanted import Wanted
from sunbeam.core.detection.time_state import TimeState, time_state
from sunbeam.core.errors import Problem

SMALL_SKEW = 5.0
LARGE_SKEW = 300.0
"""Seconds: beyond it certificates and package indexes may count as not valid yet, tokens as expired."""
DAY = 86400.0
TIME_SYNC = "time-sync"


@dataclass(frozen=True)
class Clock:
    """``skew``: seconds that we are ahead of ``server`` (empty: none told its time).

    ``built``: POSIX seconds at which the newest of the distribution's files, ours and the cloud's
    certificate authority were made.
    """

    now: float
    built: float
    time: TimeState
    skew: float = 0.0
    server: str = ""
    systemd: bool = False
    container: bool = False

    @property
    def is_past(self) -> bool:
        return self.now < self.built - DAY

    @property
    def moment(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).isoformat(sep=" ", timespec="seconds")

    @property
    def fix(self) -> str:
        """What sets it right, where it is ours to do so."""
        ours = self.systemd and not self.container and self.time.is_ours_to_switch_on
        return TIME_SYNC if ours else ""


async def own_clock(context: CheckContext) -> Clock:
    """What this machine tells by itself; nobody outside is asked."""
    files = (
        Path(__file__),
        context.root / "usr/lib/os-release",
        context.paths.certificates / "ca.crt",
    )
    return Clock(
        now=time.time(),
        built=max(file.stat().st_mtime for file in files if os.access(file, os.R_OK)),
        time=time_state(context.root),
        systemd=context.machine.systemd,
        container=(context.root / "run/systemd/container").exists(),
    )


async def clock(context: CheckContext) -> Clock:
    """Compares with the Date header of the archive that apt fetches from."""
    found = await apt(context)
    first = dict((source.host, source.url) for source in found.sources)
    asked = [(url, web.proxy_for(url, found.proxy)) for url in list(first.values())[:2]]
    replies = await asyncio.gather(*(web.head(url, proxy, context.processes) for url, proxy in asked))
    told = [reply for reply in replies if reply.date]
    nearest = min(told, key=lambda reply: abs(reply.at - reply.date), default=web.Reply(""))
    return replace(await own_clock(context), skew=nearest.at - nearest.date, server=nearest.url)


def right_date(clock: Clock, wanted: Wanted) -> Iterator[Problem]:
    """The date is not before that of files of Sunbeam, the distribution and the cloud."""
    if clock.is_past:
        newest = datetime.fromtimestamp(clock.built, UTC).date()
        yield Problem(
            "the clock is in the past",
            where="date",
            why="certificates would not be valid yet; files of this software or of its cloud are newer",
            evidence=f"it is {clock.moment}, files are from {newest}",
            next_command=clock.time.remedy,
            id="clock-before-build",
            fix=clock.fix,
        )


def right_time(clock: Clock, wanted: Wanted) -> Iterator[Problem]:
    """The clock agrees with a package archive's to five seconds, and a time service keeps it so."""
    if clock.is_past:
        return  # it is a finding of its own, with or without an archive
    if abs(clock.skew) > SMALL_SKEW:
        large = abs(clock.skew) > LARGE_SKEW
        kept = f"kept by {clock.time.daemon}" if clock.time.daemon else "no time service runs"
        yield Problem(
            f"the clock is {_span(abs(clock.skew))} {'fast' if clock.skew > 0 else 'slow'}",
            where="date",
            why="certificates and package indexes count as not valid yet or expired"
            if large
            else "machines of a cloud must agree on the time",
            evidence=f"it is {clock.moment}, {clock.server} says otherwise; {kept}",
            next_command=clock.time.remedy,
            severity="error" if large and wanted.fetches else "warning",
            id="clock-wrong",
            fix=clock.fix,
        )
    elif not clock.time.synchronised and not clock.time.daemon:
        yield Problem(
            "nobody keeps the clock right",
            where="the time service",
            why="a clock that drifts makes tokens and certificates invalid one day",
            evidence="the kernel's clock is not synchronised, no time service runs"
            + (" (the clock is that of the machine around this container)" if clock.container else ""),
            next_command=_keeper(clock),
            severity="warning",
            id="clock-not-kept",
            fix=clock.fix,
        )


def _keeper(clock: Clock) -> str:
    if clock.time.service:
        return clock.time.remedy
    return "apt-get install systemd-timesyncd" if clock.systemd else "apt-get install chrony"


def _span(seconds: float) -> str:
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"
