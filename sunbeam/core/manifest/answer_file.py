"""An answer file: what makes a cloud, without what has its default anyway."""

from __future__ import annotations

from collections.abc import Mapping, Set
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from sunbeam.core.manifest.effective import Effective, effective
from sunbeam.core.manifest.plans import shipped_plans
from sunbeam.core.manifest.text import manifest_text, schema_line
from sunbeam.core.manifest.tree import DEFAULT, DETECTED, dotted


def cannot_save(name: str) -> str:
    """Why there can be no new file of that name; empty: there can."""
    path = Path(name).expanduser()
    if not name:
        return "a name is needed"
    if path.exists():
        return f"{name} exists already"
    return "" if path.parent.is_dir() else f"there is no folder {path.parent}"


def save(made: Effective, path: Path) -> None:
    """Raises OSError."""
    text = answer_text(made)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def answer_text(made: Effective) -> str:
    return schema_line() + manifest_text(answer_file(made))


def answer_file(made: Effective) -> dict[str, Any]:
    """A manifest which alone makes the same cloud on this machine, whatever is detected then.

    A file cannot name a plan: it has what another plan than the default one says.
    """
    plans = {str(file) for file in shipped_plans().values()}
    said = {key for key, origin in made.origins.items() if origin != DEFAULT and origin.source not in plans}
    wanted = made.manifest.dump()
    if _nothing_was_detected(made):
        del wanted["network"]["address"]
    kept = _differing(wanted, effective().manifest.dump(), said, ())
    return {"schema": made.manifest.schema_version, **kept}


def _nothing_was_detected(made: Effective) -> bool:
    """Loopback only stands for an address, so that nobody may say it."""
    address = made.manifest.network.address or IPv4Address(0)
    return made.origins.get("network.address") == DETECTED and address.is_loopback


def _differing(
    wanted: Mapping[str, Any], base: Mapping[str, Any], said: Set[str], above: tuple[str, ...]
) -> dict[str, Any]:
    """What was said, or is not so in ``base``; null takes back what only that has.  A list is taken whole."""
    kept: dict[str, Any] = {}
    for name, value in wanted.items():
        path, before = (*above, name), base.get(name)
        if value and isinstance(value, dict):
            parts = _differing(value, before if isinstance(before, dict) else {}, said, path)
            kept |= {name: parts} if parts else {}
        elif value != before or any(key.partition("[")[0] == dotted(path) for key in said):
            kept[name] = value
    return kept | {name: None for name in base if name not in wanted}
