"""What the wizard shows, as renderables of rich that fit any width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sunbeam.cli.render_text import about, duration, plural
from sunbeam.core.detection.detected import PROGRAMS, Detected
from sunbeam.core.errors import Problem
from sunbeam.core.foresight import PlannedTask, Preview
from sunbeam.core.interview import Row
from sunbeam.core.question import Choice, Question

GIB = 1024**3
LONG = 20.0
"""Seconds: of a task that takes as long it is told."""


def heading(text: str) -> RenderableType:
    return Group(Rule(Text(text, "bold cyan"), align="left", style="dim", characters="─"), "")


def machine(detected: Detected) -> RenderableType:
    """What was found, a line or a few each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _facts(detected):
        table.add_row(label, text)
    return Padding(table, (0, 0, 1, 2))


def _facts(detected: Detected) -> Iterator[tuple[str, Text]]:
    yield "Machine", Text(", ".join(filter(None, (detected.host_name, detected.system))))
    memory = f"{detected.memory / GIB:.0f} GiB of memory"
    yield "Power", Text(f"{detected.cores} cores, {detected.kvm_text}, {memory}")
    shown = [each for each in detected.interfaces if each.outward]
    for number, interface in enumerate(shown):
        words = [interface.speed_text, *interface.addresses[:2]]
        words += [] if interface.carrier else ["no carrier"]
        child = interface.route_child
        words += ["default route"] if interface.default_route else []
        words += [f"default route by {child.name}"] if child else []
        yield "" if number else "Network", Text(f"{interface.name}: {', '.join(filter(None, words))}")
    yield "DNS", _resolvers(detected)
    for number, disk in enumerate(detected.disks):
        words = [f"{disk.size / GIB:.0f} GiB", disk.model, disk.contents or "empty"]
        yield "" if number else "Disks", Text(f"{disk.path}: {', '.join(filter(None, words))}")
    if detected.proxy:
        yield "Proxy", Text(detected.proxy.https or detected.proxy.http)
    follows = f"synchronised by {detected.time.daemon}" if detected.time.daemon else "synchronised"
    yield (
        "Time",
        Text(follows) if detected.time.synchronised else Text("follows no time source", "yellow"),
    )
    for name in detected.missing:
        yield "Missing", Text(f"{name} of the package {PROGRAMS[name]}: its facts are unknown", "yellow")


def _resolvers(detected: Detected) -> Text:
    """In yellow if VMs reach none of them."""
    found = ", ".join(detected.resolvers) or "no resolver"
    return Text(found) if detected.vm_resolvers else Text(f"{found}; VMs get another", "yellow")


def question(asked: Question, place: str, choices: Sequence[Choice], chosen: str) -> RenderableType:
    """A question with its choices, of which ``chosen`` is marked."""
    lines: list[RenderableType] = [
        Text.assemble((asked.title, "bold"), "  ", (place, "dim")),
        Text(asked.why, "dim"),
    ]
    if choices:
        table = Table.grid(padding=(0, 1))
        for number, choice in enumerate(choices, start=1):
            here = choice.value == chosen
            mark = Text("●", "cyan") if here else Text("○", "dim")
            name = f"{choice.value}, {choice.label}" if choice.value else choice.label
            text = Text(name, "bold" if here else "")
            if choice.warning:
                text.append(f"\n! {choice.warning}", "yellow")
            table.add_row("", mark, Text(str(number), "dim"), text)
        lines += [table]
    return Group(*lines)


def answered(asked: Question, value: str) -> RenderableType:
    """The one line that stays of a question."""
    return Text.assemble(("✓ ", "green"), (f"{asked.title} ", "dim"), value or "nothing")


def answers(rows: Sequence[Row]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="bold")
    table.add_column(overflow="fold", style="dim")
    for row in rows:
        table.add_row(str(row.number or ""), row.key, Text(row.value), row.origin)
    return Padding(table, (0, 0, 1, 0))


def plan(preview: Preview) -> RenderableType:
    """The tasks by phase, which of them take long, and what is at risk."""
    tasks = [task for task in preview.tasks if task.foresight.changes]
    where = f" on {preview.node}" if preview.node else ""
    lines: list[RenderableType] = [
        Text.assemble((plural(len(tasks), "step"), "bold"), f"{where}, {about(preview.seconds)}")
        if tasks
        else Text("Everything is as wanted: nothing would change.")
    ]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", overflow="fold", max_width=24)
    for phase in dict.fromkeys(task.phase for task in tasks):
        titles = [_title(task) for task in tasks if task.phase == phase]
        table.add_row(Text(phase), Text(" · ".join(titles)))
    risks = list(dict.fromkeys(risk for task in tasks for risk in task.foresight.risks))
    lines += [table, *(Text(f"! {risk}", "yellow") for risk in risks)]
    return Padding(Group(*lines), (0, 0, 1, 2))


def _title(task: PlannedTask) -> str:
    return f"{task.title} ({duration(task.seconds)})" if task.seconds >= LONG else task.title


def problems(found: Sequence[Problem]) -> RenderableType:
    """What stands in the way, errors first."""
    lines: list[RenderableType] = []
    for problem in sorted(found, key=lambda each: each.severity != "error"):
        warning = problem.severity == "warning"
        place = f" ({problem.where})" if problem.where else ""
        mark = ("! ", "yellow") if warning else ("✗ ", "red")
        lines.append(Text.assemble(mark, problem.what, (place, "dim")))
        lines += [Padding(Text(line, "dim"), (0, 0, 0, 2)) for line in (problem.why, _next(problem)) if line]
    return Padding(Group(*lines), (0, 0, 1, 2))


def _next(problem: Problem) -> str:
    return f"next: {problem.next_command}" if problem.next_command else ""


def menu(commands: Sequence[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for word, meaning in commands:
        table.add_row("", Text(word, "cyan"), Text(meaning, "dim"))
    return table
