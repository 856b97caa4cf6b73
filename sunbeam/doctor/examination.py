"""All rules at once, and what they found as causes with their consequences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sunbeam.doctor.diagnosis import Diagnosis, Rule
from sunbeam.doctor.look import Look, NotRead

SECONDS = 8.0


@dataclass(frozen=True)
class Finding:
    """A cause with what follows from it."""

    diagnosis: Diagnosis
    consequences: tuple[Finding, ...] = ()

    def everything(self) -> Iterator[Diagnosis]:
        yield self.diagnosis
        for finding in self.consequences:
            yield from finding.everything()


@dataclass(frozen=True)
class Examination:
    """``unanswered`` maps ids of rules that could not tell to why."""

    findings: tuple[Finding, ...]
    unanswered: dict[str, str]

    @property
    def ok(self) -> bool:
        return not any(each.severity == "error" for each in self.diagnoses())

    def diagnoses(self) -> list[Diagnosis]:
        return [each for finding in self.findings for each in finding.everything()]


async def examine(look: Look, rules: Sequence[Rule], seconds: float = SECONDS) -> Examination:
    """Apply ``rules`` in parallel; those that have no answer after ``seconds`` count as unanswered."""
    tasks = [asyncio.ensure_future(rule.apply(look)) for rule in rules]
    await asyncio.wait(tasks, timeout=seconds)
    found: list[Diagnosis] = []
    unanswered: dict[str, str] = {}
    for rule, task in zip(rules, tasks, strict=True):
        if not task.done():
            task.cancel()
            unanswered[rule.id] = f"no answer within {seconds:g} s"
        elif isinstance(error := task.exception(), NotRead):
            unanswered[rule.id] = str(error)
        elif error is not None:
            unanswered[rule.id] = f"{type(error).__name__}: {error}"
        else:
            found += task.result()
    await look.close()
    return Examination(ranked(found, rules), unanswered)


def ranked(diagnoses: Sequence[Diagnosis], rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Each diagnosis once: below the last of the causes that explain it, which is the nearest one.

    ``rules`` are in the order in which causes count: none explains an earlier one.  Errors come before
    warnings, which explain none of them.
    """
    by_id = {rule.id: rule for rule in rules}
    places = {rule.id: place for place, rule in enumerate(rules)}
    ordered = sorted(diagnoses, key=lambda each: (each.severity == "warning", places[each.id]))
    causes: dict[int, int] = {}
    for place, diagnosis in enumerate(ordered):
        explaining = [
            other
            for other, cause in enumerate(ordered)
            if places[cause.id] < places[diagnosis.id] and _explains(by_id[cause.id], cause, diagnosis)
        ]
        if explaining:
            causes[place] = max(explaining, key=lambda other: places[ordered[other].id])

    def finding(place: int) -> Finding:
        return Finding(
            ordered[place], tuple(finding(below) for below, above in causes.items() if above == place)
        )

    return tuple(finding(place) for place in range(len(ordered)) if place not in causes)


def _explains(rule: Rule, cause: Diagnosis, other: Diagnosis) -> bool:
    if (cause.severity, other.severity) == ("warning", "error"):
        return False
    if other.id in rule.explains or other.id in cause.explains:
        return True
    return other.id in rule.explains_here and bool(cause.about) and cause.about == other.about
