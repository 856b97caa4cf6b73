"""What Terraform shows a person: a summary, a detail, and the attribute it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sunbeam.core.errors import SunbeamError

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Diagnostic:
    """``path`` names the attribute: names, list indices, or ``("key", KEY)`` is not needed here."""

    summary: str
    detail: str = ""
    path: Path = ()
    severity: Literal["error", "warning"] = "error"

    def message(self) -> dict[str, Any]:
        """As the plugin protocol has it."""
        message: dict[str, Any] = {
            "severity": 1 if self.severity == "error" else 2,
            "summary": self.summary,
            "detail": self.detail,
        }
        if self.path:
            message["attribute"] = path_message(self.path)
        return message


class ProviderError(Exception):
    """An operation failed; ``diagnostics`` say why, the first is the text of the exception."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(diagnostics[0].summary)
        self.diagnostics = diagnostics


def failure(summary: str, detail: str = "", path: Path = ()) -> ProviderError:
    return ProviderError(Diagnostic(summary, detail, path))


def path_message(path: Sequence[str | int]) -> dict[str, Any]:
    return {
        "steps": [
            {"attribute_name": step} if isinstance(step, str) else {"element_key_int": step} for step in path
        ]
    }


def from_error(error: SunbeamError, summary: str) -> Diagnostic:
    """A diagnostic that says what, where, why and what to type next, as every error of ours does."""
    parts = [error.what]
    if error.where:
        parts.append(f"Where: {error.where}")
    if error.why:
        parts.append(f"Why: {error.why}")
    if error.next_command:
        parts.append(f"Next: {error.next_command}")
    return Diagnostic(summary, "\n".join(parts))
