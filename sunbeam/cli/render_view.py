"""The picture of a running change: phases, what is at work in them, and how far it is, for any window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from sunbeam.cli.render_text import MARKS, WORTH_TELLING, about, duration, plural
from sunbeam.core.progress import Phase, Progress, TaskState, rank

STYLES = {"done": "green", "failed": "bold red", "held": "yellow"}
WIDE = 60
"""Columns from which a task's expected time has room beside its title."""
WORST_FIRST = ("failed", "held", "done", "undone", "unchanged")


@dataclass(frozen=True)
class Detail:
    """How much is shown: units and tasks of each, and phases that have not begun."""

    units: int
    tasks: int
    pending: bool


DETAILS = (
    Detail(3, 99, True), Detail(2, 99, True), Detail(1, 99, True), Detail(1, 6, False), Detail(1, 3, False),
    Detail(0, 3, False), Detail(0, 1, False), Detail(0, 0, False),
)  # fmt: skip
"""From much to little: the first that fits the window is shown."""


def picture(progress: Progress, now: float, columns: int, rows: int) -> list[Text]:
    """At most ``rows`` lines of at most ``columns`` cells; ``now`` in seconds since the epoch."""
    last = _footer(progress, now, columns)
    lines: list[Text] = []
    for detail in DETAILS:
        lines = [
            line for phase in progress.phases() for line in _phase(progress, phase, detail, now, columns)
        ]
        if len(lines) < rows:
            break
    return [*lines[: rows - 1], last]


def ended(phase: Phase) -> Text:
    """A phase that is over, in one line."""
    statuses = [task.status.value for task in phase.tasks]
    worst = next((status for status in WORST_FIRST if status in statuses), statuses[0])
    words = [] if phase.alone else [plural(len(phase.tasks), "task")]
    if worst != "unchanged" and phase.seconds >= 1:
        words.append(duration(phase.seconds))
    mark = (MARKS.get(worst, "·"), STYLES.get(worst, "dim"))
    return Text.assemble(mark, f" {phase.title}", ("  " + ", ".join(words), "dim"))


def _phase(progress: Progress, phase: Phase, detail: Detail, now: float, columns: int) -> Iterator[Text]:
    if phase.over:
        return
    if not phase.begun:
        if detail.pending:
            count = "" if phase.alone else f"  {plural(len(phase.tasks), 'task')}"
            yield Text(f"· {phase.title}{count}", "dim")
        return
    if phase.alone:
        yield from _task(progress, phase.tasks[0], detail, now, columns, "")
        return
    queued = sum(1 for task in phase.tasks if task.queued)
    counts = f"  {phase.finished} of {len(phase.tasks)}" + (f", {queued} queued" if queued else "")
    yield Text.assemble(("●", "cyan"), f" {phase.title}", (counts, "dim"))
    running = [task for task in progress.at_work() if task in phase.tasks]
    for task in running[: detail.tasks]:
        yield from _task(progress, task, detail, now, columns, "  ")
    if 0 < detail.tasks < len(running):
        yield Text(f"    and {plural(len(running) - detail.tasks, 'more task')}", "dim")


def _task(
    progress: Progress, task: TaskState, detail: Detail, now: float, columns: int, indent: str
) -> Iterator[Text]:
    """Title and what it says to the left, its time to the right; below, the units that it waits for."""
    elapsed = duration(now - task.began)
    expected = progress.expected.get(task.id)
    if columns >= WIDE and expected and not expected.awaits and expected.seconds >= WORTH_TELLING:
        elapsed += f" of {about(expected.seconds)}"
    line = Text.assemble(indent, ("●", "cyan"), f" {task.title}")
    room = columns - len(elapsed) - 2
    if task.said is not None and not task.units and not _repeats(task.title, task.said.text):
        line.append(f"  {task.said.text}", "dim")
    line.truncate(room, overflow="ellipsis")
    line.append(" " * (columns - line.cell_len - len(elapsed)) + elapsed, "dim")
    yield line
    awaited = task.awaited()
    for unit, said in awaited[: detail.units]:
        style = "red" if rank(said.text) == 0 else "dim"
        yield Text.assemble(f"{indent}    {unit}  ", (said.text, style))
    if 0 < detail.units < len(awaited):
        yield Text(f"{indent}    and {plural(len(awaited) - detail.units, 'more unit')}", "dim")


def _repeats(title: str, text: str) -> bool:
    """``building image nova`` says nothing new below ``Build image nova``."""
    return title.endswith(text.partition(" ")[2])


def _footer(progress: Progress, now: float, columns: int) -> Text:
    """As much of it as has room."""
    words = [f"{progress.finished} of {len(progress.tasks)} tasks", duration(now - progress.began)]
    left = progress.remaining(now).seconds
    if progress.stopping:
        words.append("stopping")
    elif left >= WORTH_TELLING:
        words.append(f"{about(left)} left")
    while len(", ".join(words)) > columns:
        words.pop()
    return Text(", ".join(words), "dim")
