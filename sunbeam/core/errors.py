"""The one tree of errors a person can meet, and the exit codes they end with (design, section 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Literal


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    PREFLIGHT = 3
    NEEDS_PERSON = 4
    INTERRUPTED = 130


class SunbeamError(Exception):
    """What failed, where, why, and what to type next; ``str()`` is all of it, a line each.

    ``id`` names the kind of error in the catalogue; a class has one if all its errors are of one kind.
    ``told``: events of a change have told it.
    """

    exit_code = ExitCode.FAILED
    id = ""
    told = False

    def __init__(
        self, what: str, *, where: str = "", why: str = "", next_command: str = "", id: str = ""
    ) -> None:
        if id:
            self.id = id
        self.what = what
        self.where = where
        self.why = why
        self.next_command = next_command
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:
        """An error crosses from a worker to its watcher as what it is."""
        return _again, (type(self), self.args, vars(self))

    def redact(self, redact: Callable[[str], str]) -> None:
        """Put every text of this error through ``redact``."""
        self.what, self.where, self.why, self.next_command = (
            redact(text) for text in (self.what, self.where, self.why, self.next_command)
        )
        self.args = (self.what,)

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  where: {self.where}"] if self.where else []
        lines += ["  why: " + self.why.strip().replace("\n", "\n       ")] if self.why else []
        lines += [f"  next: {self.next_command}"] if self.next_command else []
        lines += [f"  more: sunbeam explain {self.id}"] if self.id else []
        return "\n".join(lines)


def _again(kind: type[SunbeamError], args: tuple[Any, ...], fields: dict[str, Any]) -> SunbeamError:
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(fields)
    return error


class UsageError(SunbeamError):
    """The command was given something that it cannot take; nothing was changed."""

    exit_code = ExitCode.USAGE


class NeedsPerson(SunbeamError):
    """Only a person can do what comes next."""

    id = "person-needed"

    exit_code = ExitCode.NEEDS_PERSON


class Interrupted(SunbeamError):
    """Ctrl-C or SIGTERM; the same command continues."""

    id = "interrupted"

    exit_code = ExitCode.INTERRUPTED


@dataclass(frozen=True)
class Problem:
    """One finding of a check; only ``error`` stops a change.

    ``id`` names the kind of finding (``port-taken``), ``evidence`` is what was seen, ``fix`` the id of a fix
    of ours that is safe to apply (empty: none).
    """

    what: str
    where: str = ""
    why: str = ""
    next_command: str = ""
    severity: Literal["error", "warning"] = "error"
    id: str = ""
    evidence: str = ""
    fix: str = ""

    def redacted(self, redact: Callable[[str], str]) -> Problem:
        return replace(
            self,
            what=redact(self.what),
            where=redact(self.where),
            why=redact(self.why),
            next_command=redact(self.next_command),
            evidence=redact(self.evidence),
        )

    def __str__(self) -> str:
        why = "\n".join(text for text in (self.why, self.evidence) if text)
        text = SunbeamError(self.what, where=self.where, why=why, next_command=self.next_command, id=self.id)
        return f"Warning: {text}" if self.severity == "warning" else str(text)


class PreflightFailed(SunbeamError):
    """Every problem found before the first change; nothing was changed."""

    id = "problems-found"

    exit_code = ExitCode.PREFLIGHT

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = sum(1 for problem in problems if problem.severity == "error")
        super().__init__(f"{count} problem{'s' if count != 1 else ''} found; nothing was changed")

    def redact(self, redact: Callable[[str], str]) -> None:
        super().redact(redact)
        self.problems = tuple(problem.redacted(redact) for problem in self.problems)

    def __str__(self) -> str:
        # Warnings are shown when they are found, whether or not errors follow.
        errors = [str(problem) for problem in self.problems if problem.severity == "error"]
        return "\n".join([self.what, *errors])
