"""What a person wants changed, as data: from it a change can be built again by whoever reads the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """``kind`` is one of the catalogue's; ``intent`` is JSON and holds no secret, at most how to find one."""

    kind: str
    intent: dict[str, Any] = field(default_factory=dict)
