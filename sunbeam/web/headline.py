"""The one sentence that says how things are; it is what a screen reader is told when it changes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from sunbeam.cluster.health import RESUMABLE, Health
from sunbeam.core.status import ChangeStatus
from sunbeam.web.change_view import ChangeView
from sunbeam.web.cloud_feed import Answer
from sunbeam.web.commands import Attempt

Tone = Literal["good", "busy", "bad", "calm"]

ENDED = {
    ChangeStatus.FAILED: "did not come to its end",
    ChangeStatus.HELD: "waits for a person",
    ChangeStatus.INTERRUPTED: "was cut off",
}


@dataclass(frozen=True)
class Headline:
    """``text`` goes on from ``title``; ``short`` is for the title of the browser's tab."""

    title: str
    text: str
    tone: Tone
    short: str


def headline(
    change: ChangeView | None,
    answer: Answer | None,
    refused: Attempt | None,
    *,
    starting: bool,
    is_node: bool,
) -> Headline:
    if change is not None and change.running:
        return _running(change)
    if starting:
        return Headline("Looking at this machine", "before anything is changed", "busy", "Starting")
    if refused is not None:
        return Headline("It was not begun", "nothing was changed", "bad", "Not begun")
    if change is not None and change.resumable and (change.kind in RESUMABLE or not is_node):
        done = f"{change.done} of {len(change.tasks)} tasks are done"
        return Headline(f"{change.title}: {ENDED[change.status]}", done, "bad", "Not done")
    if not is_node:
        return Headline("This machine is no cloud yet", "", "calm", "Set up")
    if answer is None:
        return Headline("Asking the cloud", "how it is", "calm", "Asking")
    if answer.health is None:
        return Headline("This node is not well", answer.problem.partition("\n")[0], "bad", "Not well")
    if problems := answer.health.problems():
        count = f"{len(problems)} things are" if len(problems) > 1 else "One thing is"
        return Headline(f"{count} not well", "", "bad", "Not well")
    return Headline("All is well", _counted(answer.health), "good", "Well")


def _counted(health: Health) -> str:
    units = sum(1 for model in health.models or () for _ in model.units())
    counts = [_plural(units, "active unit")]
    if health.cloud is not None:
        counts += [_plural(len(health.cloud.apis), "answering API")]
        counts += [_plural(len(health.cloud.servers or ()), "VM")]
    return ", ".join(counts)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _running(change: ChangeView) -> Headline:
    count = f"{change.done} of {len(change.tasks)}"
    return Headline(change.title, f"{count} tasks done{_left(change)}", "busy", count)


def _left(change: ChangeView) -> str:
    """In steps that a person cares about, so that the sentence is not new every second."""
    if change.progress.stopping:
        return ", stopping"
    left = change.left(time.time())
    if left <= 0:
        return ""
    if left < 60:
        return ", less than a minute left"
    minutes = round(left / 60)
    return f", about {minutes} minute{'s' if minutes > 1 else ''} left"
