"""What can go wrong when a module is run."""

from __future__ import annotations

from collections.abc import Sequence

from sunbeam.core.errors import SunbeamError
from sunbeam.terraform.events import Diagnostic


class TerraformError(SunbeamError):
    """Core reported errors; ``diagnostics`` are all of them."""

    id = "terraform-failed"

    def __init__(
        self, what: str, *, where: str, diagnostics: Sequence[Diagnostic], next_command: str = ""
    ) -> None:
        self.diagnostics = tuple(diagnostics)
        why = "\n".join(diagnostic.text for diagnostic in self.diagnostics)
        super().__init__(what, where=where, why=why, next_command=next_command)


class StateLocked(TerraformError):
    """Another run holds the lock of the state."""

    id = "state-locked"


class CoreNotFound(SunbeamError):
    """Neither tofu nor terraform is there, and none could be fetched."""

    id = "core-not-found"
