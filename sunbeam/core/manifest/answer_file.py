"""An answer file: what somebody or this machine said, without what has its default anyway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sunbeam.core.manifest.effective import Effective
from sunbeam.core.manifest.plans import shipped_plans
from sunbeam.core.manifest.text import manifest_text
from sunbeam.core.manifest.tree import DEFAULT


def cannot_save(name: str) -> str:
    """Why there can be no new file of that name; empty: there can."""
    path = Path(name).expanduser()
    if not name:
        return "a name is needed"
    if path.exists():
        return f"{name} exists already"
    return "" if path.parent.is_dir() else f"there is no folder {path.parent}"


def save(effective: Effective, path: Path) -> None:
    """Raises OSError."""
    with path.open("x") as file:
        file.write(manifest_text(answer_file(effective)))


def answer_file(effective: Effective) -> dict[str, Any]:
    """A manifest which makes the same cloud on this machine, whatever is detected then."""
    plans = {str(file) for file in shipped_plans().values()}
    kept: dict[str, Any] = {"schema": effective.manifest.schema_version}
    for key, origin in effective.origins.items():
        if origin != DEFAULT and origin.source not in plans:
            _copy(effective.manifest.dump(), kept, key.split("."))
    return kept


def _copy(source: Any, target: Any, path: list[str]) -> None:
    """The value at ``path``; a list is taken whole."""
    first, *rest = path
    if not rest or not isinstance(source[first], dict):
        target[first] = source[first]
    else:
        _copy(source[first], target.setdefault(first, {}), rest)
