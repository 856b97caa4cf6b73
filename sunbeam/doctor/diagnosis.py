"""What a rule finds, and what a rule is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from sunbeam.doctor.look import Look

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Diagnosis:
    """``cause`` in a sentence, ``evidence`` (the very line or figure), ``remedy`` (a command to type).

    ``about`` is the unit, program or file it is about; empty: the machine.  ``explains`` are ids of rules
    whose diagnoses follow from this one, whatever they are about.  ``id`` is that of the rule.
    """

    cause: str
    evidence: str
    remedy: str
    about: str = ""
    severity: Severity = "error"
    explains: tuple[str, ...] = ()
    id: str = ""


@dataclass(frozen=True)
class Rule:
    """``diagnose`` raises NotRead if it cannot tell.

    ``explains``: ids of rules whose diagnoses follow from this one; ``explains_here``: those that do if
    they are about the same thing.
    """

    id: str
    title: str
    diagnose: Callable[[Look], Awaitable[list[Diagnosis]]]
    explains: tuple[str, ...] = ()
    explains_here: tuple[str, ...] = ()

    async def apply(self, look: Look) -> list[Diagnosis]:
        return [replace(found, id=self.id) for found in await self.diagnose(look)]
