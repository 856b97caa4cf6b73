"""The shipped plans: manifests for machines of a size, which a person's own files build on."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from sunbeam.core.shipped import shipped

DEFAULT_PLAN = "laptop"


def shipped_plans() -> dict[str, Path]:
    """Their files by name."""
    return {file.stem: file for file in sorted(shipped("plans").glob("*.yaml"))}


def layers(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The shipped plans and the person's own files among ``files``, in their order.

    A word that is no file but the name of a plan means that plan.  Without any it is the default one.
    """
    known = shipped_plans()
    plans, own = [], []
    for file in files:
        if str(file) in known and (file.is_dir() or not file.exists()):
            plans.append(known[str(file)])
        else:
            own.append(file)
    return plans or [known[DEFAULT_PLAN]], own


def meant(file: Path) -> str:
    """The plan that a person probably meant who named a file that does not exist; empty: none."""
    close = [] if file.exists() else get_close_matches(str(file), shipped_plans(), 1)
    return close[0] if close else ""
