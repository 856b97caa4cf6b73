"""Parameters that several facades share."""

from __future__ import annotations

from typing import Any

from sunbeam.operators.api.wire import Params
from sunbeam.operators.operations.units import Placement


class PlacementParams(Params):
    """``{"scope": "#", "directive": "3"}`` is machine 3."""

    scope: str = ""
    directive: str = ""


class StorageConstraints(Params):
    """``size`` is in MiB.  libjuju spells the keys in lower case, Juju's own client capitalised."""

    pool: str = ""
    size: int | None = None
    count: int | None = None

    def directive(self) -> dict[str, Any]:
        found: dict[str, Any] = {"pool": self.pool or None, "size": self.size, "count": self.count}
        return {name: value for name, value in found.items() if value is not None}


def placements(wanted: list[PlacementParams | None]) -> list[Placement]:
    return [Placement(item.scope, item.directive) if item else Placement() for item in wanted]
