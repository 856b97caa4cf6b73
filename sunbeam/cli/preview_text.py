"""A preview as text: tasks by phase with what each would change, then risks and the time it takes."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from sunbeam.cli.render_plain import say
from sunbeam.cli.render_text import WORTH_TELLING, about, duration, plural
from sunbeam.cli.tables import WIDE
from sunbeam.core.foresight import (
    UNKNOWN,
    Artifact,
    Foresight,
    PlannedTask,
    Preview,
    ResourceChange,
    Touch,
)
from sunbeam.terraform.plan_json import short_name

DIGEST = re.compile(r"\b[0-9a-f]{40,}\b")
TYPE = re.compile(r"(?:^|\.)(juju_\w+|[a-z]+_\w+)\.")
MOST_NAMES = 16
"""Resources of one type that are named; of more their number is told."""
FEW = 3
"""Files of one folder that are told a line each."""
SYMBOLS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}


def show_preview(preview: Preview, *, only_changes: bool = False, verbose: bool = False) -> None:
    """Print it; ``only_changes`` leaves out tasks that only look, ``verbose`` adds every attribute.

    Off a terminal nothing is folded, as in tables.
    """
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    for line in preview_lines(preview, only_changes=only_changes, verbose=verbose, columns=max(wide, 40)):
        say(line)


def summary(preview: Preview, *, only_changes: bool = False) -> str:
    """How many tasks it is, and how long they take."""
    tasks = _shown(preview, only_changes)
    if not tasks:
        return f"{preview.title}: nothing to change"
    time = f", {about(preview.seconds)}" if preview.seconds else ""
    return f"{preview.title}: {plural(len(tasks), 'task')}{time}"


def preview_lines(
    preview: Preview, *, only_changes: bool = False, verbose: bool = False, columns: int = 100
) -> Iterator[str]:
    tasks = _shown(preview, only_changes)
    yield from _wrapped(summary(preview, only_changes=only_changes), "", columns)
    if not tasks:
        return
    if preview.node:
        yield from _wrapped(f"On {preview.node}", "", columns)
    for phase in dict.fromkeys(task.phase for task in tasks):
        yield ""
        if phase:
            yield phase
        for task in (task for task in tasks if task.phase == phase):
            yield from _task(task, "  " if phase else "", columns, verbose)
    if preview.unchanged and not only_changes:
        yield ""
        yield from _wrapped("As wanted already: " + ", ".join(preview.unchanged), "", columns)
    if preview.stays:
        yield ""
        yield "Stays as it is"
        for each in preview.stays:
            yield from _wrapped(each, "  ", columns)
    if risks := list(dict.fromkeys(risk for task in tasks for risk in task.foresight.risks)):
        yield ""
        yield "Risks"
        for risk in risks:
            yield from _wrapped(f"! {risk}", "  ", columns)
    yield ""
    yield from _time(preview, columns)


def _shown(preview: Preview, only_changes: bool) -> list[PlannedTask]:
    return [task for task in preview.tasks if task.foresight.changes or not only_changes]


def _time(preview: Preview, columns: int) -> Iterator[str]:
    """The tasks that decide how long it takes, and how much of that is known."""
    if not preview.seconds:
        yield from _wrapped("Estimate: none, none of this was measured here.", "", columns)
        return
    titles = {task.task: task for task in preview.tasks}
    decisive = [titles[each] for each in preview.critical if each in titles]
    steps = ", ".join(f"{task.title} {duration(task.seconds)}" for task in decisive if task.seconds >= 1)
    measured = sum(1 for task in preview.tasks if task.measured)
    basis = {0: "typical times, none measured here", len(preview.tasks): "the last times on this machine"}
    typical = any(task.seconds and not task.measured for task in preview.tasks)
    rest = "else typical ones" if typical else "the rest is not known"
    source = basis.get(measured, f"the last times here of {plural(measured, 'task')}, {rest}")
    yield from _wrapped(f"Estimate: {about(preview.seconds)}, by {source}.", "", columns)
    if steps:
        yield from _wrapped(f"Longest way: {steps}.", "", columns)


def _task(task: PlannedTask, indent: str, columns: int, verbose: bool) -> Iterator[str]:
    """Where all that it does is to build one thing, in one line."""
    foresight = task.foresight
    told = [task.title]
    if not (foresight.changes or foresight.note):
        told.append("looks only")
    if alone := foresight.artifacts and foresight == Foresight(artifacts=foresight.artifacts[:1]):
        told.append(size(foresight.artifacts[0]))
    if task.seconds >= WORTH_TELLING:
        told.append(about(task.seconds))
    yield from _wrapped(", ".join(told), indent, columns)
    if not alone:
        yield from _foresight(foresight, indent + "  ", columns, verbose)


def _foresight(foresight: Foresight, indent: str, columns: int, verbose: bool) -> Iterator[str]:
    for (kind, verb), touches in groupby(foresight.touches, key=lambda touch: (touch.kind, touch.verb)):
        yield from _touches(kind, verb, list(touches), indent, columns)
    for artifact in foresight.artifacts:
        yield from _wrapped(f"{artifact.verb} {artifact.name}, {size(artifact)}", indent, columns)
    yield from _resources(foresight.resources, indent, columns, verbose)
    if foresight.note:
        yield from _wrapped(foresight.note, indent, columns)


def _touches(kind: str, verb: str, touches: list[Touch], indent: str, columns: int) -> Iterator[str]:
    """A few files a line each, many by their folder; what has short names together."""
    names = [touch.name for touch in touches]
    if kind in ("package", "service", "interface", "container"):
        noun = kind if len(touches) == 1 else f"{kind}s"
        yield from _wrapped(f"{verb} {noun} {', '.join(names)}", indent, columns)
        return
    if kind == "cloud":
        yield from _wrapped(f"{verb} {', '.join(names)}", indent, columns)
        return
    for folder, members in groupby(names, key=lambda name: name.rpartition("/")[0]):
        files = list(members)
        if folder and len(files) > FEW:
            ends = ", ".join(file.rpartition("/")[2] for file in files)
            yield from _wrapped(f"{verb} {len(files)} in {folder}: {ends}", indent, columns)
        else:
            for file in files:
                yield from _wrapped(f"{verb} {file}", indent, columns)


def _resources(
    resources: Iterable[ResourceChange], indent: str, columns: int, verbose: bool
) -> Iterator[str]:
    """Changes with their attributes; creations and deletions by type."""
    plain: dict[tuple[str, str], list[str]] = {}
    for each in resources:
        if verbose or each.action in ("update", "replace"):
            yield from _wrapped(f"{SYMBOLS[each.action]} {each.action} {each.address}", indent, columns)
            for text in _attributes(each, verbose):
                yield from _wrapped(text, indent + "    ", columns)
        else:
            plain.setdefault((each.action, _type(each.address)), []).append(short_name(each.address))
    for (action, kind), names in plain.items():
        told = f": {', '.join(names)}" if len(names) <= MOST_NAMES else ""
        yield from _wrapped(f"{SYMBOLS[action]} {action} {len(names)} {kind}{told}", indent, columns)


def _attributes(resource: ResourceChange, verbose: bool) -> Iterator[str]:
    """What follows from the rest (a second hash, values that only Juju knows) is for those who want all."""
    for change in resource.attributes:
        follows = change.name.endswith("origin_hash") or change.after == UNKNOWN
        if verbose or not follows:
            before = f"{_short(change.before)} -> " if change.before else ""
            yield f"{change.name}: {before}{_short(change.after) or 'none'}"


def _short(text: str) -> str:
    return DIGEST.sub(lambda found: f"{found[0][:12]}…", text)


def _type(address: str) -> str:
    found = TYPE.search(address)
    return found[1] if found else address


def size(artifact: Artifact) -> str:
    return "size unknown" if artifact.size is None else f"{artifact.size / 1e6:.0f} MB"


def _wrapped(text: str, indent: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text, columns, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )
